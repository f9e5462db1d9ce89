import { expect, test } from "vitest";
import { parseUsd } from "@/lib/money/micro-usd";
import { fieldsByDefault, fieldsFromQuery, queryFromFields, readCalculatorFields } from "@/lib/site/calculator-query";
import { PLAN_TIERS } from "@/lib/site/plan-tiers";

const usual = fieldsByDefault({ tiers: PLAN_TIERS, feeUsd: "129", inputUsd: "5", cachedInputUsd: "0.5", outputUsd: "30" });

test("the usual figures need no address, and changed ones come back from it", () => {
  expect(queryFromFields(usual, usual)).toBe("");
  const changed = { ...usual, bill: "1200", pro5_covers: "900" };
  const query = queryFromFields(changed, usual);
  expect(query).toBe("bill=1200&pro5_covers=900");
  expect(fieldsFromQuery(Object.fromEntries(new URLSearchParams(query)), usual)).toEqual(changed);
});

test("what an address says twice counts once, and what nobody knows is left out", () => {
  const fields = fieldsFromQuery({ bill: ["70", "80"], nonsense: "1" }, usual);
  expect(fields).toEqual({ ...usual, bill: "70" });
});

test("an amount may be written as people write it", () => {
  const { terms } = readCalculatorFields({ ...usual, bill: " $1,200.50 " }, PLAN_TIERS);
  expect(terms?.bill).toBe(parseUsd("1200.5"));
});

test("a field that cannot be read is named, with what to write there", () => {
  const { terms, problems } = readCalculatorFields({ ...usual, bill: "lots", share: "101", fee: "-1", plus_price: "99999999" }, PLAN_TIERS);
  expect(terms).toBeNull();
  expect(problems).toEqual({
    bill: "Write an amount in US dollars, like 400 or 12.50.",
    share: "Write a whole number from 0 to 100.",
    fee: "Write an amount of 0 or more.",
    plus_price: "Write an amount up to $10,000,000.00.",
  });
});

test("a rate is an amount for a million tokens", () => {
  expect(readCalculatorFields(usual, PLAN_TIERS).rates).toEqual({ input: 5_000_000n, cachedInput: 500_000n, output: 30_000_000n });
});

test("an empty share is not taken for nothing", () => {
  expect(readCalculatorFields({ ...usual, share: "" }, PLAN_TIERS).problems).toHaveProperty("share");
});
