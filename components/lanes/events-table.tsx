import { eventWords } from "@/components/lanes/event-words";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { AccountEventView } from "@/lib/codex/read-history";

const COLUMNS: Column<AccountEventView>[] = [
  { name: "Time", narrow: { line: 3 }, cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { name: "What", narrow: { line: 1 }, cell: ({ kind }) => <span className="font-medium">{eventWords(kind)}</span> },
  { name: "Detail", narrow: { line: 2 }, cell: ({ detail }) => <span className="wrap-anywhere">{detail}</span> },
  { name: "Fence", narrow: { line: 3, label: "fence" }, numeric: true, cell: ({ fence }) => fence ?? "–" },
];

/** Newest first. The fence tells under which lease it happened. */
export function EventsTable({ rows }: { rows: readonly AccountEventView[] }) {
  return <DataTable caption="Events" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}
