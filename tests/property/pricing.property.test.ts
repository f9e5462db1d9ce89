import fc from "fast-check";
import { expect, test } from "vitest";
import { microUsd, rate } from "@/lib/money/micro-usd";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import { readUsage } from "@/lib/openai/usage";
import { cost } from "@/lib/pricing/cost";
import { affordableOutput, quote } from "@/lib/pricing/quote";
import type { Usage } from "@/lib/openai/usage-type";
import type { Price, Rates } from "@/lib/pricing/price-type";

const tokens = fc.nat(2_000_000);
const perMillion = fc.bigInt(0n, 200_000_000n).map(rate);
const rates: fc.Arbitrary<Rates> = fc.record({
  input: perMillion,
  cachedInput: perMillion,
  cacheWrite: perMillion,
  output: perMillion,
  webSearchCall: fc.option(fc.bigInt(0n, 50_000n).map(microUsd)),
});
const usage: fc.Arbitrary<Usage> = fc.record({
  freshInputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: fc.constant(0),
});
const COLUMNS = ["freshInputTokens", "cachedInputTokens", "cacheWriteTokens", "outputTokens"] as const;

const request = fc.record({
  text: fc.string({ maxLength: 300 }),
  images: fc.nat(3),
  ask: fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined }),
  search: fc.boolean(),
});

function inputFor(
  shape: { text: string; images: number; ask?: number | undefined; search: boolean },
  sell: Rates,
  outputTokensCap: number,
) {
  const image = { type: "input_image", image_url: `data:image/png;base64,${"A".repeat(500)}` };
  const body = {
    model: "m",
    input: [{ role: "user", content: [{ type: "input_text", text: shape.text }, ...Array.from({ length: shape.images }, () => image)] }],
    ...(shape.ask === undefined ? {} : { max_output_tokens: shape.ask }),
    ...(shape.search ? { tools: [{ type: "web_search" }] } : {}),
  };
  const price: Price = { id: "price_1", model: "m", version: 1, sell, cost: sell, outputTokensMax: 128_000, imageTokensMax: 1_600 };
  return { facts: readFacts("responses", scanBody(Buffer.from(JSON.stringify(body)))), price, outputTokensCap, webSearchCallsMax: 5 };
}

test("a cost is the exact sum, rounded up once", () => {
  fc.assert(
    fc.property(usage, fc.nat(20), rates, (used, calls, at) => {
      const exact =
        BigInt(used.freshInputTokens) * at.input +
        BigInt(used.cachedInputTokens) * at.cachedInput +
        BigInt(used.cacheWriteTokens) * at.cacheWrite +
        BigInt(used.outputTokens) * at.output +
        BigInt(calls) * (at.webSearchCall ?? 0n) * 1_000_000n;
      const charged = cost(used, calls, at) * 1_000_000n;
      expect(charged >= exact && charged - exact < 1_000_000n).toBe(true);
    }),
  );
});

test("more tokens never cost less", () => {
  fc.assert(
    fc.property(usage, rates, fc.constantFrom(...COLUMNS), fc.nat(1000), (used, at, column, more) => {
      expect(cost({ ...used, [column]: used[column] + more }, 0, at) >= cost(used, 0, at)).toBe(true);
    }),
  );
});

test("a cost within the quote's bounds is never above the quote", () => {
  fc.assert(
    fc.property(
      request,
      rates,
      fc.integer({ min: 1, max: 64_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (shape, sell, cap, part) => {
        const quoted = quote(inputFor(shape, sell, cap));
        const cached = Math.floor(quoted.inputTokensMax * part[0]!);
        const write = Math.floor((quoted.inputTokensMax - cached) * part[1]!);
        const fresh = Math.floor((quoted.inputTokensMax - cached - write) * part[2]!);
        const used: Usage = {
          freshInputTokens: fresh,
          cachedInputTokens: cached,
          cacheWriteTokens: write,
          outputTokens: Math.floor(quoted.outputTokensMax * part[3]!),
          reasoningTokens: 0,
        };
        const calls = Math.floor(quoted.webSearchCallsMax * part[4]!);
        expect(cost(used, calls, sell) <= quoted.amount).toBe(true);
        expect(quoted.inputAmount <= quoted.amount).toBe(true);
      },
    ),
  );
});

test("a quote made with the affordable output fits the money, and one token more would not", () => {
  fc.assert(
    fc.property(request, rates, fc.integer({ min: 1, max: 64_000 }), fc.bigInt(0n, 20_000_000n), (shape, sell, cap, money) => {
      const available = microUsd(money);
      const input = inputFor(shape, sell, cap);
      const wanted = quote(input).outputTokensMax;
      const affordable = affordableOutput(available, input, 1) ?? 0;
      const fits = (ceiling: number) => quote({ ...input, outputTokensCap: ceiling }).amount <= available;
      expect(affordable === 0 || fits(affordable)).toBe(true);
      expect(affordable === wanted || !fits(affordable + 1)).toBe(true);
    }),
  );
});

test("whatever upstream reports as usage, the counts are whole, not negative, and add up", () => {
  const oddity = fc.oneof(fc.double(), fc.integer(), fc.constant(null), fc.constant(undefined), fc.string(), fc.maxSafeInteger());
  const details = fc.oneof(fc.record({ cached_tokens: oddity, cache_write_tokens: oddity, reasoning_tokens: oddity }), oddity);
  const raw = fc.record({ input_tokens: oddity, output_tokens: oddity, input_tokens_details: details, output_tokens_details: details });
  fc.assert(
    fc.property(raw, (reported) => {
      const reading = readUsage("responses", reported);
      if (reading === null) return;
      for (const value of Object.values(reading.usage)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      expect(reading.usage.reasoningTokens).toBeLessThanOrEqual(reading.usage.outputTokens);
    }),
  );
});
