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
  { name: "Created", cell: ({ createdAt }) => <LocalTime iso={createdAt} /> },
  { name: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt ? <LocalTime iso={lastUsedAt} /> : "Never used") },
  { name: "Spent this month", numeric: true, cell: ({ month }) => <Spent {...month} /> },
  { name: "Status", cell: (key) => <Status {...key} /> },
];

type Props = {
  rows: readonly KeyView[];
  caption?: string;
  /** Makes the last cell of a key. */
  action?: (key: KeyView) => ReactNode;
};

export function KeysTable({ rows, caption = "API keys", action }: Props) {
  const columns = action ? [...COLUMNS, { name: "Action", cell: action }] : COLUMNS;
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={({ id }) => id} />;
}

function Status({ status, expiresAt, replacedBy }: KeyView) {
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2 max-sm:justify-end">
      <Badge tone={TONES[status]}>{status}</Badge>
      {status === "active" && expiresAt !== null && (
        <span className="text-xs text-muted">
          {replacedBy ? "replaced, ends" : "ends"} <LocalTime iso={expiresAt} />
        </span>
      )}
    </span>
  );
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
