import type { Metadata } from "next";
import { RevokeKey } from "@/app/(dashboard)/dashboard/revoke-key";
import { SetupPanel } from "@/app/(dashboard)/dashboard/setup-panel";
import { requireViewer } from "@/app/_server/session";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { LiveWalletFigures } from "@/components/dashboard/balance";
import { KeysTable } from "@/components/dashboard/keys-table";
import { LanesTable } from "@/components/dashboard/lanes-table";
import { RequestsTable } from "@/components/dashboard/requests-table";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { listRequests } from "@/lib/requests/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Dashboard" };

const REQUESTS_SHOWN = 20;

export default async function DashboardPage() {
  const viewer = await requireViewer();
  const { config, db } = runtime();
  const { userId } = viewer;
  const [keys, lanes, requests] = await Promise.all([
    listKeys(db.orm, viewer, { userId }),
    listLanes(db.orm, viewer, { userId }),
    listRequests(db.orm, viewer, { userId, limit: REQUESTS_SHOWN }),
  ]);
  return (
    <>
      <h1 className="sr-only">Dashboard</h1>
      <div className="grid gap-4 lg:grid-cols-[20rem_1fr]">
        <div className="grid min-w-0 content-start gap-4">
          <Card title="Wallet">
            <LiveWalletFigures />
          </Card>
          <Card title="Lanes" note="Tried from the top.">
            {lanes.length > 0 ? (
              <LanesTable rows={lanes} />
            ) : (
              <EmptyState title="No lanes">Without a lane no request can be answered.</EmptyState>
            )}
          </Card>
        </div>
        <Card
          title="Set up Codex"
          note="Three lines for bash or zsh; your own Codex configuration stays as it is. Make a key here, or put one that you have into the first line."
        >
          <SetupPanel lines={setupLinesOf(config, null)} />
        </Card>
        <Card title="Last requests" aside={requests.nextCursor && `The newest ${REQUESTS_SHOWN}`} className="lg:col-span-2">
          {requests.rows.length > 0 ? (
            <RequestsTable rows={requests.rows} />
          ) : (
            <EmptyState title="No requests yet">Run the second setup line: its request appears here when you reload.</EmptyState>
          )}
        </Card>
        <Card title="API keys" className="lg:col-span-2">
          {keys.length > 0 ? (
            <KeysTable rows={keys} action={revocation} />
          ) : (
            <EmptyState title="No keys yet">Make one under “Set up Codex”.</EmptyState>
          )}
        </Card>
      </div>
    </>
  );
}

function revocation({ id, name }: KeyView) {
  return <RevokeKey keyId={id} name={name} />;
}
