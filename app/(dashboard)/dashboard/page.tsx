import type { Metadata } from "next";
import Link from "next/link";
import { CodexCliNotice } from "@/app/(dashboard)/dashboard/codex-cli-notice";
import { Hydrated } from "@/app/_server/hydrated";
import { readLanes } from "@/app/_server/read-lanes";
import { requireViewer } from "@/app/_server/session";
import { viewerTimeZone } from "@/app/_server/viewer-time-zone";
import { LiveBalanceStat } from "@/components/dashboard/balance";
import { LanesNow } from "@/components/dashboard/lanes-now";
import { RequestsTable } from "@/components/dashboard/requests-table";
import { SpendChart } from "@/components/dashboard/spend-chart";
import { lanesQuery } from "@/components/data/lanes-query";
import { LaneNotices } from "@/components/lanes/lane-notices";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { EmptyState } from "@/components/ui/empty-state";
import { Money } from "@/components/ui/money";
import { PageHeading } from "@/components/ui/page-heading";
import { Stat, StatRow } from "@/components/ui/stat";
import { listKeys } from "@/lib/keys/read";
import { listRequests } from "@/lib/requests/read";
import { readToday } from "@/lib/requests/read-today";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Overview" };

const REQUESTS_SHOWN = 8;
const WHOLE = new Intl.NumberFormat("en-US");
const MORE = "-my-2 inline-flex min-h-target items-center text-muted underline underline-offset-2 hover:text-ink";

export default async function OverviewPage() {
  const viewer = await requireViewer();
  const { db, clock } = runtime();
  const { userId } = viewer;
  const timeZone = await viewerTimeZone(viewer);
  const [lanes, keys, today, { rows }] = await Promise.all([
    readLanes(viewer, userId),
    listKeys(db.orm, viewer, { userId }),
    readToday(db.sql, viewer, { userId, timeZone, clock }),
    listRequests(db.orm, viewer, { userId, limit: REQUESTS_SHOWN }),
  ]);
  const hasCodex = lanes.rows.some(({ kind }) => kind === "codex");
  return (
    <Hydrated data={[{ queryKey: lanesQuery.queryKey, value: lanes }]}>
      <PageHeading title="Overview" />
      <div className="grid gap-2 not-empty:mb-4">
        <LaneNotices lanes={lanes} />
        <CodexCliNotice keys={keys} lanes={lanes.rows} />
      </div>
      {rows.length === 0 && (
        <Card title="Make your first request" className="mb-4 border-accent/40">
          <div className="flex flex-wrap items-center justify-between gap-4">
            <p className="max-w-prose text-sm text-muted">
              Copy one block into a terminal: it holds a key of your own and starts Codex through your lanes. Its first request appears
              here.
            </p>
            <Link href="/dashboard/setup" className={buttonClass("primary")}>
              Set up Codex
            </Link>
          </div>
        </Card>
      )}
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <Card
          title="Today"
          aside={
            <Link href="/dashboard/usage" className={MORE}>
              All usage
            </Link>
          }
        >
          <StatRow>
            <LiveBalanceStat pace={today.pace} />
            <Stat label="Spent today" value={<Money usd={today.spentUsd} />} />
            <Stat label="Requests today" value={WHOLE.format(today.requests)} />
          </StatRow>
          <div className="mt-6">
            <SpendChart today={today} />
          </div>
        </Card>
        <Card title="Lanes" note="Tried from the top.">
          <LanesNow />
          <Link href="/dashboard/lanes" className={cn(buttonClass(), "mt-4 w-full")}>
            {hasCodex ? "Manage lanes" : "Connect a ChatGPT account or key"}
          </Link>
        </Card>
        <Card
          title="Last requests"
          className="xl:col-span-2"
          aside={
            <Link href="/dashboard/requests" className={MORE}>
              All requests
            </Link>
          }
        >
          {rows.length > 0 ? (
            <RequestsTable rows={rows} hrefOf={({ id }) => `/dashboard/requests/${id}`} />
          ) : (
            <EmptyState title="No requests yet">
              Run a line from{" "}
              <Link href="/dashboard/setup" className="text-ink underline underline-offset-2">
                Setup
              </Link>
              : its request appears here when you reload.
            </EmptyState>
          )}
        </Card>
      </div>
    </Hydrated>
  );
}
