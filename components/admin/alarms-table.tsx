import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { AlarmView } from "@/lib/audit/read-alarms";

const COLUMNS: Column<AlarmView>[] = [
  { name: "Alarm", cell: ({ kind }) => <span className="font-medium">{kind.replaceAll("_", " ")}</span> },
  { name: "About", cell: ({ subject }) => <code className="font-mono text-xs wrap-anywhere">{subject}</code> },
  { name: "Detail", cell: ({ detail }) => <span className="wrap-anywhere">{detail}</span> },
  { name: "Times", numeric: true, cell: ({ count }) => count },
  { name: "Last", cell: ({ lastSeenAt }) => <LocalTime iso={lastSeenAt} /> },
];

export function AlarmsTable({ rows }: { rows: readonly AlarmView[] }) {
  return <DataTable caption="Open alarms" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}
