import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import type { RequestView } from "@/lib/requests/read";

const TONES: Record<string, BadgeTone> = {
  completed: "good",
  incomplete: "warn",
  interrupted: "warn",
  unsettled: "warn",
  refused: "bad",
  failed: "bad",
};

const COLUMNS: Column<RequestView>[] = [
  { name: "Time", cell: ({ startedAt }) => <LocalTime iso={startedAt} /> },
  { name: "Model", cell: (request) => <ModelCell {...request} /> },
  { name: "Lane", cell: ({ lane }) => (lane ? (lane.label ?? `${laneKind(lane.kind)} (removed)`) : "none") },
  { name: "Input tokens", numeric: true, cell: ({ tokens }) => count(tokens.freshInput + tokens.cachedInput + tokens.cacheWrite) },
  { name: "of it cached", numeric: true, cell: ({ tokens }) => count(tokens.cachedInput) },
  { name: "Output tokens", numeric: true, cell: ({ tokens }) => count(tokens.output) },
  { name: "Cost", numeric: true, cell: ({ costUsd }) => <Money usd={costUsd} aligned /> },
  { name: "Outcome", cell: (request) => <OutcomeCell {...request} /> },
];

export function RequestsTable({ rows }: { rows: readonly RequestView[] }) {
  return <DataTable caption="Last requests" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}

/** Codex makes requests beside those of the conversation (a title, a review, a compaction): they are named. */
function ModelCell({ model, labels }: RequestView) {
  const kind =
    labels.requestKind === "compaction" ? "compaction" : labels.threadSource === "user" ? null : labels.threadSource?.replaceAll("_", " ");
  return (
    <span className="@min-[44rem]:whitespace-nowrap">
      {model ?? "–"}
      {kind && <span className="text-muted"> · {kind}</span>}
    </span>
  );
}

function OutcomeCell({ outcome, estimated, errorText }: RequestView) {
  return (
    <span className="inline-grid justify-items-end gap-1 @min-[44rem]:justify-items-start">
      <span className="inline-flex flex-wrap justify-end gap-1">
        <Badge tone={TONES[outcome]}>{outcome}</Badge>
        {estimated && <Badge tone="warn">estimated</Badge>}
      </span>
      {errorText && <span className="line-clamp-3 max-w-64 text-xs text-muted">{errorText}</span>}
    </span>
  );
}

function laneKind(kind: string): string {
  return kind === "wallet" ? "Wallet" : "Own key";
}

const WHOLE = new Intl.NumberFormat("en-US");

function count(tokens: number): string {
  return WHOLE.format(tokens);
}
