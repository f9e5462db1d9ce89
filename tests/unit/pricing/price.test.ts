import { expect, test } from "vitest";
import { microUsd, rate } from "@/lib/money/micro-usd";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import { NO_USAGE } from "@/lib/openai/usage-type";
import { cost } from "@/lib/pricing/cost";
import { affordableOutput, quote } from "@/lib/pricing/quote";
import type { Price, Rates } from "@/lib/pricing/price-type";

const sell: Rates = {
  input: rate(5_000_000n),
  cachedInput: rate(500_000n),
  cacheWrite: rate(5_000_000n),
  output: rate(30_000_000n),
  webSearchCall: microUsd(10_000n),
};
const price: Price = { id: "price_1", model: "m", version: 1, sell, cost: sell, outputTokensMax: 128_000, imageTokensMax: 1_600 };

function quoteInput(body: object, outputTokensCap = 32_000) {
  return { facts: readFacts("responses", scanBody(Buffer.from(JSON.stringify(body)))), price, outputTokensCap, webSearchCallsMax: 5 };
}

test("the displayed default rate: 1M input and 1M output cost $35", () => {
  expect(cost({ ...NO_USAGE, freshInputTokens: 1_000_000, outputTokens: 1_000_000 }, 0, sell)).toBe(35_000_000n);
});

test("fractions of all columns together are rounded up once", () => {
  const tiny = { ...sell, input: rate(1n), cachedInput: rate(1n), cacheWrite: rate(1n), output: rate(1n) };
  expect(cost({ freshInputTokens: 1, cachedInputTokens: 1, cacheWriteTokens: 1, outputTokens: 1, reasoningTokens: 1 }, 0, tiny)).toBe(1n);
  expect(cost(NO_USAGE, 0, sell)).toBe(0n);
});

test("reasoning is not charged beside the output that it is part of", () => {
  const used = { ...NO_USAGE, outputTokens: 10 };
  expect(cost({ ...used, reasoningTokens: 10 }, 0, sell)).toBe(cost(used, 0, sell));
});

test("searches cost their price per call, and nothing where they are not sold", () => {
  expect(cost(NO_USAGE, 3, sell)).toBe(30_000n);
  expect(cost(NO_USAGE, 3, { ...sell, webSearchCall: null })).toBe(0n);
});

test("the quote takes the bytes as input and the smallest ceiling as output", () => {
  const body = { model: "m", input: "hello" };
  const bytes = JSON.stringify(body).length;
  const quoted = quote(quoteInput(body));
  expect(quoted).toMatchObject({ priceId: "price_1", inputTokensMax: bytes, outputTokensMax: 32_000, webSearchCallsMax: 0 });
  expect(quoted.amount).toBe(BigInt(bytes) * 5n + 32_000n * 30n);
  expect(quote(quoteInput({ ...body, max_output_tokens: 100 })).outputTokensMax).toBe(100);
  expect(quote(quoteInput({ ...body, max_output_tokens: 1_000_000 }, 1_000_000)).outputTokensMax).toBe(128_000);
});

test("an image counts at the model's maximum instead of its bytes", () => {
  const url = `data:image/png;base64,${"A".repeat(100_000)}`;
  const body = { input: [{ role: "user", content: [{ type: "input_image", image_url: url }] }] };
  expect(quote(quoteInput(body)).inputTokensMax).toBe(JSON.stringify(body).length - url.length + 1_600);
});

test("sold searches are in the quote, at the client's own cap if that is lower", () => {
  const tools = [{ type: "web_search" }];
  expect(quote(quoteInput({ input: "x", tools })).webSearchCallsMax).toBe(5);
  expect(quote(quoteInput({ input: "x", tools, max_tool_calls: 2 })).webSearchCallsMax).toBe(2);
});

test("the output that money still covers is never below the floor", () => {
  const input = quoteInput({ input: "x" });
  const { inputAmount } = quote(input);
  const with4000 = microUsd(inputAmount + 4_000n * 30n);
  expect(affordableOutput(with4000, input)).toBe(4_000);
  expect(affordableOutput(microUsd(with4000 - 1n), input)).toBeNull();
  expect(affordableOutput(microUsd(1_000_000_000n), input)).toBe(32_000);
});

test("an answer that the client itself keeps short may be below the floor, but only whole", () => {
  const input = quoteInput({ input: "x", max_output_tokens: 100 });
  const { inputAmount } = quote(input);
  expect(affordableOutput(microUsd(inputAmount + 3_000n), input)).toBe(100);
  expect(affordableOutput(microUsd(inputAmount + 2_999n), input)).toBeNull();
});
