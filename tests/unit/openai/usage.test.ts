import { expect, test } from "vitest";
import { readUsage } from "@/lib/openai/usage";

test("cached and written tokens are parts of the input, reasoning is a part of the output", () => {
  const raw = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 150,
  };
  expect(readUsage("responses", raw)).toEqual({
    usage: { freshInputTokens: 30, cachedInputTokens: 60, cacheWriteTokens: 10, outputTokens: 50, reasoningTokens: 20 },
    flags: [],
    raw,
  });
});

test("chat names mean the same", () => {
  const raw = {
    prompt_tokens: 100,
    prompt_tokens_details: { cached_tokens: 60 },
    completion_tokens: 50,
    completion_tokens_details: { reasoning_tokens: 20 },
  };
  expect(readUsage("chat", raw)?.usage).toEqual({
    freshInputTokens: 40,
    cachedInputTokens: 60,
    cacheWriteTokens: 0,
    outputTokens: 50,
    reasoningTokens: 20,
  });
});

test.each([
  [
    { input_tokens: 10, output_tokens: 1, input_tokens_details: { cached_tokens: 20 } },
    { freshInputTokens: 0, cachedInputTokens: 10 },
    "cached_above_input",
  ],
  [
    { input_tokens: 10, output_tokens: 1, input_tokens_details: { cached_tokens: 8, cache_write_tokens: 5 } },
    { cachedInputTokens: 8, cacheWriteTokens: 2 },
    "cached_above_input",
  ],
  [
    { input_tokens: 1, output_tokens: 5, output_tokens_details: { reasoning_tokens: 9 } },
    { outputTokens: 5, reasoningTokens: 5 },
    "reasoning_above_output",
  ],
  [{ input_tokens: 1.5, output_tokens: 1 }, { freshInputTokens: 2 }, "not_integer"],
  [{ input_tokens: "7", output_tokens: 1 }, { freshInputTokens: 0 }, "not_integer"],
  [{ input_tokens: -3, output_tokens: 1 }, { freshInputTokens: 0 }, "negative"],
  [{ input_tokens: 1e15, output_tokens: 1 }, { freshInputTokens: 100_000_000 }, "too_large"],
  [{ output_tokens: 1 }, { freshInputTokens: 0, outputTokens: 1 }, "missing"],
  [{}, { outputTokens: 0 }, "missing"],
])("%j is clamped to %j and flagged %s", (raw, usage, flag) => {
  const reading = readUsage("responses", raw);
  expect(reading?.usage).toMatchObject(usage);
  expect(reading?.flags).toContain(flag);
});

test("no usage is no reading", () => {
  for (const raw of [undefined, null, "x", 3, []]) expect(readUsage("chat", raw)).toBeNull();
});
