import { NO_USAGE } from "@/lib/openai/usage-type";
import type { UsageFlag, UsageReading } from "@/lib/openai/usage-type";
import type { Wire } from "@/lib/openai/request-facts";

/** Far above any context window: more is a fault of the sender, and sums of it still fit every column. */
const TOKENS_MAX = 100_000_000;

const NAMES = {
  responses: {
    input: "input_tokens",
    output: "output_tokens",
    inputDetails: "input_tokens_details",
    outputDetails: "output_tokens_details",
  },
  chat: {
    input: "prompt_tokens",
    output: "completion_tokens",
    inputDetails: "prompt_tokens_details",
    outputDetails: "completion_tokens_details",
  },
} as const;

/**
 * Normalises the `usage` object of either wire. Null when upstream sent none. Numbers that cannot be are clamped
 * and flagged; `raw` keeps what was sent.
 */
export function readUsage(wire: Wire, raw: unknown): UsageReading | null {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return null;
  const flags = new Set<UsageFlag>();
  const names = NAMES[wire];
  const usage = raw as Record<string, unknown>;
  const inputDetails = details(usage[names.inputDetails]);
  const outputDetails = details(usage[names.outputDetails]);
  if (usage[names.input] === undefined && usage[names.output] === undefined) {
    return { usage: NO_USAGE, flags: ["missing"], raw };
  }

  if (usage["switchyard_estimated"] === true) flags.add("estimated");
  const input = count(usage[names.input], flags, true);
  const output = count(usage[names.output], flags, true);
  let cached = count(inputDetails["cached_tokens"], flags, false);
  let cacheWrite = count(inputDetails["cache_write_tokens"], flags, false);
  let reasoning = count(outputDetails["reasoning_tokens"], flags, false);
  if (cached + cacheWrite > input) {
    flags.add("cached_above_input");
    cached = Math.min(cached, input);
    cacheWrite = Math.min(cacheWrite, input - cached);
  }
  if (reasoning > output) {
    flags.add("reasoning_above_output");
    reasoning = output;
  }
  return {
    usage: {
      freshInputTokens: input - cached - cacheWrite,
      cachedInputTokens: cached,
      cacheWriteTokens: cacheWrite,
      outputTokens: output,
      reasoningTokens: reasoning,
    },
    flags: [...flags],
    raw,
  };
}

function details(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function count(value: unknown, flags: Set<UsageFlag>, required: boolean): number {
  if (value === undefined || value === null) {
    if (required) flags.add("missing");
    return 0;
  }
  if (typeof value !== "number" || !Number.isFinite(value)) {
    flags.add("not_integer");
    return 0;
  }
  if (value < 0) {
    flags.add("negative");
    return 0;
  }
  if (value > TOKENS_MAX) {
    flags.add("too_large");
    return TOKENS_MAX;
  }
  if (!Number.isInteger(value)) flags.add("not_integer");
  return Math.ceil(value);
}
