import { Callout } from "@/components/ui/callout";
import { DataTable, type Column } from "@/components/ui/data-table";
import type { CalculatorTerms, Comparison, TierOutcome } from "@/lib/site/compare-plans";
import { formatUsd, microUsd, roundToCents, type MicroUsd } from "@/lib/money/micro-usd";

type CalculatorResultProps = { terms: CalculatorTerms | null; comparison: Comparison | null };

type Option = { id: string; name: string; fixed: MicroUsd; metered: MicroUsd; total: MicroUsd; tier: TierOutcome | null };

const COLUMNS: readonly Column<Option>[] = [
  { name: "Per month", cell: ({ name }) => <span className="font-medium">{name}</span> },
  { name: "Plan and fee", numeric: true, cell: ({ tier, fixed }) => (tier ? usd(fixed) : "none") },
  { name: "Left on the meter", numeric: true, cell: ({ metered }) => usd(metered) },
  { name: "In all", numeric: true, cell: ({ total }) => <span className="font-semibold">{usd(total)}</span> },
  { name: "Against the meter", numeric: true, cell: ({ tier }) => (tier ? difference(tier.saving) : "none") },
  {
    name: "Breaks even at a bill of",
    numeric: true,
    cell: ({ tier }) => (tier ? (tier.breakEven === null ? "no bill" : usd(roundToCents(tier.breakEven, "up"))) : "–"),
  },
];

export function CalculatorResult({ terms, comparison }: CalculatorResultProps) {
  if (!terms || !comparison) return <Callout tone="warn">A field cannot be read. It says what to write there.</Callout>;
  const options: Option[] = [
    { id: "meter", name: "The meter alone", fixed: microUsd(0n), metered: terms.bill, total: terms.bill, tier: null },
    ...comparison.tiers.map((tier) => ({
      id: tier.id,
      name: tier.name,
      fixed: microUsd(tier.total - tier.metered),
      metered: tier.metered,
      total: tier.total,
      tier,
    })),
  ];
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <output className="block">
        <Verdict bill={terms.bill} comparison={comparison} />
      </output>
      <Bars options={options} />
      <div className="rounded-lg border border-line bg-panel p-4 sm:p-5">
        <DataTable
          caption="The meter and the plans beside each other, per month"
          columns={COLUMNS}
          rows={options}
          rowKey={({ id }) => id}
        />
      </div>
      <p className="text-sm text-pretty text-muted">
        &ldquo;The meter&rdquo; is paying by the token, as your bill does now: with your own key here it costs the same, and the fee is not
        due. What a plan does not answer stays on the meter. Taxes are left out.
      </p>
    </div>
  );
}

function Verdict({ bill, comparison: { best, tiers } }: { bill: MicroUsd; comparison: Comparison }) {
  if (best) {
    return (
      <Callout tone="good" title={`${best.name} and the fee would cost ${usd(best.total)} in place of ${usd(bill)}`}>
        {usd(best.saving)} less per month, if the estimate of what the plan answers holds.
      </Callout>
    );
  }
  const reachable = tiers.flatMap(({ breakEven }) => (breakEven === null ? [] : [breakEven]));
  const lowest = reachable.reduce<MicroUsd | null>((found, value) => (found === null || value < found ? value : found), null);
  return (
    <Callout tone="note" title="The meter is the better choice: stay with paying by the token">
      {lowest === null
        ? "With these figures no plan answers more than it costs together with the fee."
        : `A plan and the fee pay off above a monthly bill of ${usd(roundToCents(lowest, "up"))}.`}
    </Callout>
  );
}

function Bars({ options }: { options: readonly Option[] }) {
  const most = options.reduce((found, { total }) => (total > found ? total : found), 1n);
  const width = (part: bigint) => `${Number((part * 1000n) / most) / 10}%`;
  return (
    <div className="rounded-lg border border-line bg-panel p-4 sm:p-5">
      {/* The same figures as in the table below. */}
      <ul aria-hidden className="grid gap-3">
        {options.map(({ id, name, fixed, metered, total }) => (
          <li key={id} className="grid gap-1 text-sm">
            <span className="flex justify-between gap-4">
              <span className="font-medium">{name}</span>
              <span className="numeric">{usd(total)}</span>
            </span>
            <span className="flex h-3 overflow-hidden rounded-sm bg-sunken">
              <span className="bg-series-1" style={{ width: width(fixed) }} />
              <span className="bg-series-3" style={{ width: width(metered) }} />
            </span>
          </li>
        ))}
      </ul>
      <p aria-hidden className="mt-4 flex flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
        <span className="flex items-center gap-2">
          <span className="size-2.5 rounded-[2px] bg-series-1" /> Plan and fee
        </span>
        <span className="flex items-center gap-2">
          <span className="size-2.5 rounded-[2px] bg-series-3" /> Meter
        </span>
      </p>
    </div>
  );
}

function difference(saving: MicroUsd): string {
  if (saving === 0n) return "the same";
  return saving > 0n ? `${usd(saving)} less` : `${usd(microUsd(-saving))} more`;
}

/** To the cent: the figures are estimates. */
function usd(amount: MicroUsd): string {
  return formatUsd(roundToCents(amount, "down"));
}
