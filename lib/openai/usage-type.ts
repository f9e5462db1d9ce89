/**
 * Token counts of one generation, normalised. Invariants, checked where the type is made (`readUsage`):
 * `input = fresh + cached + cacheWrite`, `reasoning <= output`, all whole and >= 0.
 */
export type Usage = {
  freshInputTokens: number;
  cachedInputTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  /** A subset of `outputTokens`; never added to it. */
  reasoningTokens: number;
};

/** What was odd about the usage that upstream reported; kept on the request log. `estimated`: a Codex lane counted for itself. */
export type UsageFlag =
  "estimated" | "cached_above_input" | "reasoning_above_output" | "not_integer" | "negative" | "too_large" | "missing";

export type UsageReading = { usage: Usage; flags: UsageFlag[]; raw: unknown };

export const NO_USAGE: Usage = {
  freshInputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
};
