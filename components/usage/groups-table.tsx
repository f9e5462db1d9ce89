import Link from "next/link";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { GROUP_WORDS } from "@/components/usage/usage-words";
import type { UsageSeries } from "@/lib/requests/read-usage-series";

type Group = UsageSeries["groups"][number];
type Row = Group & { href: string | null };

const WHOLE = new Intl.NumberFormat("en-US");
const tokens = (name: string, label: string, of: (row: Row) => number): Column<Row> => ({
  name,
  narrow: { line: 2, label },
  numeric: true,
  cell: (row) => WHOLE.format(of(row)),
});

const FIGURES: Column<Row>[] = [
  { name: "Requests", narrow: { line: 2, label: "requests" }, numeric: true, cell: ({ requests }) => WHOLE.format(requests) },
  tokens("Fresh input", "fresh in", (row) => row.tokens.freshInput),
  tokens("Cached input", "cached", (row) => row.tokens.cachedInput),
  tokens("Cache write", "written", (row) => row.tokens.cacheWrite),
  tokens("Output", "out", (row) => row.tokens.output),
  tokens("of it reasoning", "reasoning", (row) => row.tokens.reasoning),
];
const ON_PLANS: Column<Row> = {
  name: "On your plans",
  narrow: { line: 3, label: "on plans, worth" },
  numeric: true,
  cell: ({ onPlans }) => (onPlans.requests === 0 ? "–" : <Money usd={onPlans.worthUsd} aligned />),
};
const SPENT: Column<Row> = {
  name: "Spent",
  narrow: { line: 1, atEnd: true },
  numeric: true,
  cell: ({ spentUsd }) => <Money usd={spentUsd} aligned />,
};

/** The groups of a range, the largest first. */
export function GroupsTable({ series, hrefOf }: { series: UsageSeries; hrefOf: (group: Group) => string | null }) {
  const { groups, groupsCount, groupBy } = series;
  const name: Column<Row> = { name: GROUP_WORDS[groupBy], narrow: { line: 1 }, cell: nameCell };
  const isPlanned = groups.some(({ onPlans }) => onPlans.requests > 0);
  return (
    <>
      <DataTable
        caption={`By ${GROUP_WORDS[groupBy].toLowerCase()}`}
        columns={[name, ...FIGURES, ...(isPlanned ? [ON_PLANS] : []), SPENT]}
        rows={groups.map((group) => ({ ...group, href: hrefOf(group) }))}
        rowKey={({ id }) => id ?? ""}
      />
      {groupsCount > groups.length && (
        <p className="mt-2 text-sm text-muted">
          The {groups.length} largest of {WHOLE.format(groupsCount)}. The export holds all.
        </p>
      )}
    </>
  );
}

function nameCell({ name, lastUsedAt, href }: Row) {
  return (
    <span className="wrap-anywhere">
      {href === null ? (
        name
      ) : (
        <Link href={href} prefetch={false} className="underline decoration-edge underline-offset-2 hover:text-accent">
          {name}
        </Link>
      )}
      {lastUsedAt && (
        <span className="block text-xs text-muted">
          last used <LocalTime iso={lastUsedAt} />
        </span>
      )}
    </span>
  );
}
