import type { ReactNode } from "react";
import { Badge, type BadgeTone } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import type { KeyView } from "@/lib/keys/read";

const TONES: Record<KeyView["status"], BadgeTone> = { active: "good", expired: "warn", revoked: "neutral" };

const COLUMNS: Column<KeyView>[] = [
  { name: "Name", cell: ({ name }) => <span className="wrap-anywhere">{name}</span> },
  {
    name: "Key",
    cell: ({ prefix, lastFour }) => (
      <code className="font-mono text-xs">
        {prefix}…{lastFour}
      </code>
    ),
  },
  { name: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt ? <LocalTime iso={lastUsedAt} /> : "Never used") },
  { name: "Spent this month", numeric: true, cell: ({ month }) => <Spent {...month} /> },
  { name: "Status", cell: ({ status }) => <Badge tone={TONES[status]}>{status}</Badge> },
];

/** `action` makes the last cell of a key that is in use. */
export function KeysTable({ rows, action }: { rows: readonly KeyView[]; action?: (key: KeyView) => ReactNode }) {
  const columns = action
    ? [...COLUMNS, { name: "Action", cell: (key: KeyView) => (key.status === "revoked" ? "–" : action(key)) }]
    : COLUMNS;
  return <DataTable caption="API keys" columns={columns} rows={rows} rowKey={({ id }) => id} />;
}

function Spent({ spentUsd, budgetUsd }: KeyView["month"]) {
  return (
    <span>
      <Money usd={spentUsd} aligned />
      {budgetUsd !== null && (
        <span className="text-muted">
          {" of "}
          <Money usd={budgetUsd} />
        </span>
      )}
    </span>
  );
}
