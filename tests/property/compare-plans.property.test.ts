import fc from "fast-check";
import { expect, test } from "vitest";
import { microUsd } from "@/lib/money/micro-usd";
import { comparePlans, type CalculatorTerms } from "@/lib/site/compare-plans";

const amount = (max: bigint) => fc.bigInt({ min: 0n, max }).map(microUsd);
const tier = fc.record({ id: fc.uuid(), name: fc.constant("a plan"), price: amount(1_000_000_000n), covers: amount(20_000_000_000n) });
const terms: fc.Arbitrary<CalculatorTerms> = fc.record({
  bill: amount(50_000_000_000n),
  sharePercent: fc.integer({ min: 0, max: 100 }),
  fee: amount(500_000_000n),
  tiers: fc.array(tier, { maxLength: 5 }),
});

test("every micro-dollar of the bill is either answered by the plan or metered, and the saving is the difference of the totals", () => {
  fc.assert(
    fc.property(terms, (given) => {
      for (const { answered, metered, total, saving } of comparePlans(given).tiers) {
        expect(answered + metered).toBe(given.bill);
        expect(metered).toBeGreaterThanOrEqual(0n);
        expect(given.bill - total).toBe(saving);
      }
    }),
  );
});

test("the named plan costs less than the meter and no more than any other; without one, no plan costs less than the meter", () => {
  fc.assert(
    fc.property(terms, (given) => {
      const { tiers, best } = comparePlans(given);
      const least = tiers.reduce((found, { total }) => (total < found ? total : found), given.bill);
      expect(best?.total ?? given.bill).toBe(least);
    }),
  );
});

test("at the break-even a plan costs no more than the meter, and a micro-dollar below it costs more", () => {
  fc.assert(
    fc.property(terms, (given) => {
      for (const [at, { breakEven }] of comparePlans(given).tiers.entries()) {
        const savingAt = (bill: bigint) => comparePlans({ ...given, bill: microUsd(bill) }).tiers[at]!.saving;
        expect(breakEven === null || savingAt(breakEven) >= 0n).toBe(true);
        expect(breakEven === null || breakEven === 0n || savingAt(breakEven - 1n) < 0n).toBe(true);
      }
    }),
  );
});

test("without a break-even a plan costs no less than the meter at every bill", () => {
  fc.assert(
    fc.property(terms, (given) => {
      const hopeless = comparePlans(given).tiers.filter(({ breakEven }) => breakEven === null);
      for (const { saving } of hopeless) expect(saving).toBeLessThanOrEqual(0n);
    }),
  );
});
