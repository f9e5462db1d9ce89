import { RevokeHelper } from "@/app/(dashboard)/dashboard/keys/revoke-helper";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import type { HelperView } from "@/lib/keys/read-helpers";

const COLUMNS: Column<HelperView>[] = [
  { name: "Name", cell: ({ name }) => <span className="wrap-anywhere">{name}</span> },
  { name: "Secret", cell: ({ lastFour }) => <code className="font-mono text-xs">sy-helper-…{lastFour}</code> },
  { name: "Stands for", cell: ({ key }) => <span className="wrap-anywhere">{key.name}</span> },
  { name: "Created", cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { name: "Last fetched", cell: ({ lastUsedAt }) => (lastUsedAt ? <LocalTime iso={lastUsedAt} /> : "Never used") },
  { name: "Action", cell: ({ id, name }) => <RevokeHelper helperId={id} name={name} /> },
];

export function HelpersTable({ rows }: { rows: readonly HelperView[] }) {
  return <DataTable caption="Helpers" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}
