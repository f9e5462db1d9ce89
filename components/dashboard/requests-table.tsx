import Link from "next/link";
import { outcomeBrief, outcomeNote } from "@/components/dashboard/outcome-note";
import { LANE_KIND_NAMES } from "@/components/lanes/lane-kinds";
import { OutcomeBadge } from "@/components/requests/outcome-badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import type { RequestView } from "@/lib/requests/read";

const COLUMNS: Column<RequestView>[] = [
  { name: "Model", narrow: { line: 1 }, cell: (request) => <ModelCell {...request} /> },
  {
    name: "Lane",
    narrow: { line: 3, label: "lane" },
    cell: (request) => <LaneCell {...request} />,
  },
  {
    name: "Input tokens",
    narrow: { line: 2, label: "in" },
    numeric: true,
    cell: ({ tokens }) => count(tokens.freshInput + tokens.cachedInput + tokens.cacheWrite),
  },
  { name: "of it cached", narrow: { line: 2, label: "cached" }, numeric: true, cell: ({ tokens }) => count(tokens.cachedInput) },
  { name: "Output tokens", narrow: { line: 2, label: "out" }, numeric: true, cell: ({ tokens }) => count(tokens.output) },
  { name: "Cost", narrow: { line: 2, atEnd: true }, numeric: true, cell: (request) => <CostCell {...request} /> },
  { name: "Outcome", narrow: { line: 1, atEnd: true, open: true }, cell: (request) => <OutcomeCell {...request} /> },
];

type HrefOf = (row: RequestView) => string;
type Props = {
  rows: readonly RequestView[];
  /** Where all of a request stands. */
  hrefOf?: HrefOf;
  caption?: string;
};

export function RequestsTable({ rows, hrefOf = ownPage, caption = "Last requests" }: Props) {
  return <DataTable caption={caption} columns={[timeColumn(hrefOf), ...COLUMNS]} rows={rows} rowKey={({ id }) => id} isWide />;
}

const ownPage: HrefOf = ({ id }) => `/dashboard/requests/${id}`;

function timeColumn(hrefOf: HrefOf): Column<RequestView> {
  return { name: "Time", narrow: { line: 3 }, cell: (row) => <TimeLink iso={row.startedAt} href={hrefOf(row)} /> };
}

function TimeLink({ iso, href }: { iso: string; href: string }) {
  return (
    <Link
      href={href}
      scroll={false}
      prefetch={false}
      className="relative -my-3 inline-flex min-h-target items-center underline decoration-edge underline-offset-2 hover:text-accent"
    >
      <span className="sr-only">Request of </span>
      <LocalTime iso={iso} />
    </Link>
  );
}

/** Codex makes requests beside those of the conversation (a title, a review, a compaction): they are named. */
function ModelCell({ model, labels }: RequestView) {
  const kind =
    labels.requestKind === "compaction" ? "compaction" : labels.threadSource === "user" ? null : labels.threadSource?.replaceAll("_", " ");
  return (
    <span className="@min-[44rem]:*:whitespace-nowrap">
      <span>{model ?? "–"}</span> {kind && <span className="text-muted">· {kind}</span>}
    </span>
  );
}

/** Two pieces on one line, or where it is narrow on two: the whole sentence stands beside the request itself. */
function OutcomeCell(request: RequestView) {
  const said = (...words: (string | null | false)[]) => words.filter((word) => typeof word === "string").join(" · ");
  const brief = said(request.estimated && "estimated", outcomeBrief(request));
  return (
    <>
      <span>
        <OutcomeBadge outcome={request.outcome} />
      </span>{" "}
      {brief && (
        <span
          title={said(request.estimated && "Usage estimated", outcomeNote(request))}
          className="truncate text-xs text-muted @min-[44rem]:ml-1 @min-[44rem]:inline-block @min-[44rem]:max-w-28 @min-[44rem]:align-bottom"
        >
          {brief}
        </span>
      )}
    </>
  );
}

/** A ChatGPT account is paid for as a plan: nothing is charged here for one request. */
function CostCell({ lane, costUsd }: RequestView) {
  return lane?.kind === "codex" ? <span className="text-muted">plan</span> : <Money usd={costUsd} aligned />;
}

/** Where it was answered, and what there is to say about the way there. */
function LaneCell({ lane, spillReason, queuedMs }: RequestView) {
  const notes = [
    spillReason && `Codex lanes ${SPILL_WORDS[spillReason] ?? spillReason}`,
    queuedMs !== null && queuedMs >= QUEUED_MS_SHOWN && `${(queuedMs / 1000).toFixed(1)} s in line`,
  ].filter((note) => typeof note === "string");
  return (
    <span className="wrap-anywhere">
      <span className="@min-[44rem]:inline-block @min-[44rem]:min-w-28">
        {lane ? (lane.label ?? `${LANE_KIND_NAMES[lane.kind] ?? lane.kind} (removed)`) : "none"}
      </span>
      {notes.length > 0 && (
        <span className="text-muted @min-[44rem]:block @min-[44rem]:text-xs">
          <span className="@min-[44rem]:hidden"> · </span>
          {notes.join(" · ")}
        </span>
      )}
    </span>
  );
}

const SPILL_WORDS: Record<string, string> = {
  exhausted: "used up",
  lost: "not there",
  busy: "busy",
  cannot: "cannot do it",
  pinned: "passed this turn on before",
};
/** Less is the ordinary hand-over, and nobody waited. */
const QUEUED_MS_SHOWN = 100;

const WHOLE = new Intl.NumberFormat("en-US");

function count(tokens: number): string {
  return WHOLE.format(tokens);
}
