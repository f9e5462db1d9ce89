import { expect, test } from "vitest";
import { NO_LIMITS } from "@/lib/keys/key-limits";
import { leastHoldOf, lowBudgets } from "@/lib/keys/low-budgets";
import { microUsd, parseUsd, rate } from "@/lib/money/micro-usd";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import type { Price, Rates } from "@/lib/pricing/price-type";
import { leastAmount, quote } from "@/lib/pricing/quote";

function priceOf(model: string, outputUsd: string): Price {
  const sell: Rates = {
    input: rate(5_000_000n),
    cachedInput: rate(0n),
    cacheWrite: rate(0n),
    output: rate(parseUsd(outputUsd)),
    webSearchCall: null,
  };
  return { id: model, model, version: 1, sell, cost: sell, outputTokensMax: 128_000, imageTokensMax: 0 };
}

const dear = priceOf("dear", "30");
const cheap = priceOf("cheap", "3");

test("the least hold is that of the cheapest model that the key may use", () => {
  expect(leastHoldOf(NO_LIMITS, [dear])).toBe(120_000n);
  expect(leastHoldOf(NO_LIMITS, [dear, cheap])).toBe(12_000n);
  expect(leastHoldOf({ ...NO_LIMITS, models: ["dear"] }, [dear, cheap])).toBe(120_000n);
  expect(leastHoldOf({ ...NO_LIMITS, outputTokensMax: 1_000 }, [dear])).toBe(30_000n);
});

test("nothing is held where no model that the key may use is sold", () => {
  expect(leastHoldOf({ ...NO_LIMITS, models: ["unsold"] }, [dear])).toBeNull();
  expect(leastHoldOf(NO_LIMITS, [])).toBeNull();
});

test("the least hold and its input are what the gateway asks of a wallet at the least", () => {
  const facts = readFacts("responses", scanBody(Buffer.from(JSON.stringify({ model: "dear", input: "hello" }))));
  const asked = { facts, price: dear, outputTokensCap: NO_LIMITS.outputTokensMax, webSearchCallsMax: 0 };
  expect(leastAmount(asked)).toBe((leastHoldOf(NO_LIMITS, [dear]) ?? 0n) + quote(asked).inputAmount);
});

test("a budget is low up to the least hold; none, zero and more are not", () => {
  const least = parseUsd("0.12");
  const budgets = { budgetDay: parseUsd("0.05"), budgetWeek: least, budgetMonth: microUsd(least + 1n) };
  expect(lowBudgets(budgets, least)).toEqual(["day", "week"]);
  expect(lowBudgets({ budgetDay: null, budgetWeek: microUsd(0n), budgetMonth: null }, least)).toEqual([]);
  expect(lowBudgets(budgets, null)).toEqual([]);
});
