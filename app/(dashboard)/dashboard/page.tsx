import type { Metadata } from "next";
import { RevokeKey } from "@/app/(dashboard)/dashboard/revoke-key";
import { SetupPanel } from "@/app/(dashboard)/dashboard/setup-panel";
import { requestPage } from "@/app/_server/request-page";
import { requireViewer } from "@/app/_server/session";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { LiveLanesTable, LiveWalletFigures } from "@/components/dashboard/balance";
import { KeysTable } from "@/components/dashboard/keys-table";
import { RequestsCard } from "@/components/dashboard/requests-card";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { curlLine } from "@/lib/codex/curl-line";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Dashboard" };

const REQUESTS_SHOWN = 20;

export default async function DashboardPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const viewer = await requireViewer();
  const { config, db } = runtime();
  const { userId } = viewer;
  const [keys, lanes, requests] = await Promise.all([
    listKeys(db.orm, viewer, { userId }),
    listLanes(db.orm, viewer, { userId }),
    requestPage(viewer, { userId, limit: REQUESTS_SHOWN, query: await searchParams }),
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
              <LiveLanesTable rows={lanes} />
            ) : (
              <EmptyState title="No lanes">Without a lane no request can be answered.</EmptyState>
            )}
          </Card>
        </div>
        <Card
          title="Set up Codex"
          note="Three lines for bash or zsh; your own Codex configuration stays as it is. Make a key here, or put one that you have into the first line."
        >
          <SetupPanel lines={setupLinesOf(config, null)} curl={curlLine(config)} />
        </Card>
        <RequestsCard
          {...requests}
          path="/dashboard"
          hint="Run the second setup line: its request appears here when you reload."
          className="lg:col-span-2"
        />
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
