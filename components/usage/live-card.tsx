"use client";

import { useQuery } from "@tanstack/react-query";
import { liveQuery } from "@/components/data/live-query";
import { paceWords } from "@/components/dashboard/pace-words";
import { LANE_KIND_NAMES } from "@/components/lanes/lane-kinds";
import { burnWords, progressWords } from "@/components/usage/live-words";
import { Card } from "@/components/ui/card";
import { cn } from "@/components/ui/cn";
import { DataTable, type Column } from "@/components/ui/data-table";
import { Money } from "@/components/ui/money";
import { countdownWords } from "@/components/ui/time-words";
import { useNow } from "@/components/ui/use-now";
import type { LiveRequest } from "@/lib/requests/read-live";

const STEP_MS = 1_000;

const UNKNOWN = <span className="text-muted">–</span>;
const COLUMNS: Column<LiveRequest>[] = [
  { name: "Model", narrow: { line: 1 }, cell: ({ model }) => <span className="wrap-anywhere">{model ?? UNKNOWN}</span> },
  { name: "Lane", narrow: { line: 3, label: "lane" }, cell: ({ lane }) => (lane ? <LaneCell {...lane} /> : UNKNOWN) },
  { name: "Key", narrow: { line: 3, label: "key" }, cell: ({ keyName }) => <span className="wrap-anywhere">{keyName}</span> },
  { name: "Running for", narrow: { line: 2 }, numeric: true, cell: ({ startedAt }) => <RunningFor since={startedAt} /> },
  {
    name: "So far",
    narrow: { line: 1, atEnd: true },
    numeric: true,
    // A call whose body is not read, and so neither is its answer, has no model.
    cell: ({ progress, model }) => (model === null ? UNKNOWN : progressWords(progress)),
  },
  {
    name: "Held",
    narrow: { line: 2, label: "held", atEnd: true },
    numeric: true,
    cell: ({ heldUsd }) => (heldUsd === null ? UNKNOWN : <Money usd={heldUsd} />),
  },
];

/** What runs at this moment, how far it has come, and how long the wallet lasts. */
export function LiveCard() {
  const { data, isError } = useQuery(liveQuery);
  if (!data) return null;
  const { running, runningCount } = data;
  const burn = burnWords(data);
  return (
    <Card
      title="Now"
      aside={
        <span className="inline-flex items-center gap-2">
          <span aria-hidden className={cn("size-2 rounded-full", runningCount > 0 ? "bg-good" : "bg-edge")} />
          {isError ? "Not up to date: the last refresh failed" : runningCount === 1 ? "1 request runs" : `${runningCount} requests run`}
        </span>
      }
      note={
        <>
          {paceWords(data, data.pace)}
          {burn && <span className="block">{burn}</span>}
        </>
      }
    >
      {running.length > 0 && <DataTable caption="Running requests" columns={COLUMNS} rows={running} rowKey={({ id }) => id} />}
      {runningCount > running.length && <p className="mt-2 text-sm text-muted">and {runningCount - running.length} more</p>}
    </Card>
  );
}

function LaneCell({ kind, label }: NonNullable<LiveRequest["lane"]>) {
  const name = LANE_KIND_NAMES[kind] ?? kind;
  return (
    <span className="wrap-anywhere">
      {label}
      {label !== name && <span className="text-muted"> · {name}</span>}
    </span>
  );
}

function RunningFor({ since }: { since: string }) {
  const now = useNow(STEP_MS);
  return <span className="numeric">{now ? countdownWords(now.getTime() - Date.parse(since)) : "–"}</span>;
}
