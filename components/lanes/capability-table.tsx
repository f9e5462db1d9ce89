import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import type { CapabilityRow } from "@/lib/turns/codex-capabilities";

type Said = Pick<CapabilityRow, "does" | "note">;
type Row = Said & { name: string };

const TONES: Record<CapabilityRow["does"], BadgeTone> = { can: "good", ignored: "warn", cannot: "neutral" };

const COLUMNS: Column<Row>[] = [
  { name: "Name", narrow: { line: 1 }, cell: ({ name }) => <code className="font-mono text-xs">{name}</code> },
  { name: "Codex lane", narrow: { line: 1, atEnd: true }, cell: ({ does }) => <Badge tone={TONES[does]}>{does}</Badge> },
  { name: "Meaning", narrow: { line: 2 }, cell: ({ note }) => note },
];

/** One part of the table by which requests are routed, as it is. */
export function CapabilityTable({ title, entries }: { title: string; entries: Readonly<Record<string, Said>> }) {
  const rows = Object.entries(entries).map(([name, { does, note }]) => ({ name, does, note }));
  return (
    <div className="grid gap-1">
      <h3 className="text-sm font-medium">{title}</h3>
      <DataTable
        caption={title}
        columns={COLUMNS}
        rows={rows.toSorted((one, other) => one.name.localeCompare(other.name))}
        rowKey={({ name }) => name}
      />
    </div>
  );
}
