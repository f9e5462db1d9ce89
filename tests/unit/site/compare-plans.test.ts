import { expect, test } from "vitest";
import { parseUsd } from "@/lib/money/micro-usd";
import { comparePlans, type CalculatorTerms } from "@/lib/site/compare-plans";

const PLUS = { id: "plus", name: "Plus", price: parseUsd("20"), covers: parseUsd("260") };
const PRO = { id: "pro", name: "Pro", price: parseUsd("100"), covers: parseUsd("1300") };
const terms = (changed: Partial<CalculatorTerms> = {}): CalculatorTerms => ({
  bill: parseUsd("400"),
  sharePercent: 100,
  fee: parseUsd("129"),
  tiers: [PLUS, PRO],
  ...changed,
});

test("a bill above the break-even names the plan that costs least, and what it saves", () => {
  const { tiers, best } = comparePlans(terms());
  expect(tiers[0]).toMatchObject({ answered: parseUsd("260"), metered: parseUsd("140"), total: parseUsd("289"), saving: parseUsd("111") });
  expect(tiers[1]).toMatchObject({ answered: parseUsd("400"), metered: parseUsd("0"), total: parseUsd("229"), saving: parseUsd("171") });
  expect(best?.id).toBe("pro");
});

test("a small bill is better paid by the meter", () => {
  expect(comparePlans(terms({ bill: parseUsd("60") })).best).toBeNull();
});

test("at the break-even itself, which is no saving, the meter is named", () => {
  const bill = parseUsd("149");
  const { tiers, best } = comparePlans(terms({ bill, tiers: [PLUS] }));
  expect(tiers[0]?.breakEven).toBe(bill);
  expect(tiers[0]?.saving).toBe(0n);
  expect(best).toBeNull();
});

test("only the share of the bill that a Codex lane could answer moves to the plan", () => {
  const { tiers } = comparePlans(terms({ sharePercent: 50, tiers: [PRO] }));
  expect(tiers[0]).toMatchObject({ answered: parseUsd("200"), metered: parseUsd("200"), breakEven: parseUsd("458") });
});

test("a plan that answers less than it costs has no break-even, however large the bill", () => {
  const weak = { ...PLUS, covers: parseUsd("148") };
  const { tiers, best } = comparePlans(terms({ bill: parseUsd("1000000"), tiers: [weak] }));
  expect(tiers[0]?.breakEven).toBeNull();
  expect(best).toBeNull();
});

test("with nothing of the bill suited to a Codex lane there is no break-even", () => {
  expect(comparePlans(terms({ sharePercent: 0 })).tiers.map(({ breakEven }) => breakEven)).toEqual([null, null]);
});
