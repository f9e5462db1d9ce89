import type { Metadata } from "next";
import Link from "next/link";
import { CodexCliNotice } from "@/app/(dashboard)/dashboard/codex-cli-notice";
import { RevokeKey } from "@/app/(dashboard)/dashboard/revoke-key";
import { SetupPanel } from "@/app/(dashboard)/dashboard/setup-panel";
import { Hydrated } from "@/app/_server/hydrated";
import { readLanes } from "@/app/_server/read-lanes";
import { requestPage } from "@/app/_server/request-page";
import { requireViewer } from "@/app/_server/session";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { LiveLanesTable, LiveWalletFigures } from "@/components/dashboard/balance";
import { KeysTable } from "@/components/dashboard/keys-table";
import { RequestsCard } from "@/components/dashboard/requests-card";
import { lanesQuery } from "@/components/data/lanes-query";
import { LaneNotices } from "@/components/lanes/lane-notices";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { EmptyState } from "@/components/ui/empty-state";
import { curlLine } from "@/lib/codex/curl-line";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Dashboard" };

const REQUESTS_SHOWN = 20;

export default async function DashboardPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const viewer = await requireViewer();
  const { config, db } = runtime();
  const { userId } = viewer;
  const [keys, lanes, requests] = await Promise.all([
    listKeys(db.orm, viewer, { userId }),
    readLanes(viewer, userId),
    requestPage(viewer, { userId, limit: REQUESTS_SHOWN, query: await searchParams }),
  ]);
  const hasCodex = lanes.rows.some(({ kind }) => kind === "codex");
  return (
    <Hydrated data={[{ queryKey: lanesQuery.queryKey, value: lanes }]}>
      <h1 className="sr-only">Dashboard</h1>
      <div className="grid gap-2 not-empty:mb-4">
        <LaneNotices lanes={lanes} />
      </div>
      <div className="grid gap-4 lg:grid-cols-[20rem_1fr]">
        <div className="grid min-w-0 content-start gap-4">
          <Card title="Wallet">
            <LiveWalletFigures />
          </Card>
          <Card title="Lanes" note="Tried from the top.">
            {lanes.rows.length > 0 ? (
              <LiveLanesTable />
            ) : (
              <EmptyState title="No lanes">Without a lane no request can be answered.</EmptyState>
            )}
            <Link href="/dashboard/lanes" className={cn(buttonClass(), "mt-4 w-full")}>
              {hasCodex ? "Manage lanes" : "Connect a ChatGPT account or key"}
            </Link>
          </Card>
        </div>
        <Card
          title="Set up Codex"
          note="Three lines for bash or zsh; your own Codex configuration stays as it is. Make a key here, or put one that you have into the first line."
        >
          <div className="mb-4 empty:hidden">
            <CodexCliNotice keys={keys} lanes={lanes.rows} />
          </div>
          <SetupPanel lines={setupLinesOf(config, null)} curl={curlLine(config)} />
        </Card>
        <RequestsCard
          {...requests}
          path="/dashboard"
          hint="Run the second setup line: its request appears here when you reload."
          className="lg:col-span-2"
        />
        <Card id="keys" title="API keys" className="lg:col-span-2">
          {keys.length > 0 ? (
            <KeysTable rows={keys} action={keyActions} />
          ) : (
            <EmptyState title="No keys yet">Make one under “Set up Codex”.</EmptyState>
          )}
        </Card>
      </div>
    </Hydrated>
  );
}

function keyActions({ id, name }: KeyView) {
  return (
    <div className="flex flex-wrap items-start gap-x-4 max-sm:justify-end">
      <Link
        href={`/dashboard/keys/${id}`}
        className="-my-2.5 inline-flex min-h-target items-center text-muted underline underline-offset-2 hover:text-ink"
      >
        Options<span className="sr-only"> of {name}</span>
      </Link>
      <RevokeKey keyId={id} name={name} />
    </div>
  );
}
