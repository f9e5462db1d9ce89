import type { UsageReading } from "@/lib/openai/usage-type";

/** How a generation ended, in the words of either wire. */
export type Terminal = "completed" | "incomplete" | "failed" | "error";

export type UpstreamError = { code: string | null; message: string | null; type: string | null };

/**
 * `preamble`: upstream has spoken, the model has not; failover is still possible. `content`: the first of these ends
 * that. `terminal`: from here on nothing may reach the client before the money is settled.
 */
export type ObservedKind = "preamble" | "content" | "terminal" | "keepalive" | "other";

export type Observed = {
  kind: ObservedKind;
  terminal?: Terminal;
  /** A whole tool call that the client will act on: the hold must already bound it. */
  toolCallDone?: boolean;
  /** Chat: the chunk that holds usage and no choices; taken out when the client did not ask for it. */
  usageOnly?: boolean;
  error?: UpstreamError | null;
  /** Why the answer is incomplete: `max_output_tokens`, `content_filter`, … */
  incompleteReason?: string | null;
  responseId?: string;
  servedModel?: string;
  serviceTier?: string;
};

export type TapResult = {
  reading: UsageReading | null;
  terminal: Terminal | null;
  error: UpstreamError | null;
  incompleteReason: string | null;
  outputTextBytesSeen: number;
  /** All model text seen so far (answers, reasoning, arguments), for counting when usage never came. */
  outputSeen(): string;
  webSearchCalls: number;
  firstContentSeen: boolean;
  responseId: string | null;
  servedModel: string | null;
  serviceTier: string | null;
};

export const NOTHING_SEEN: TapResult = {
  reading: null,
  terminal: null,
  error: null,
  incompleteReason: null,
  outputTextBytesSeen: 0,
  outputSeen: () => "",
  webSearchCalls: 0,
  firstContentSeen: false,
  responseId: null,
  servedModel: null,
  serviceTier: null,
};

export function readUpstreamError(value: unknown): UpstreamError | null {
  if (typeof value !== "object" || value === null) return null;
  const error = value as Record<string, unknown>;
  return { code: text(error["code"]), message: text(error["message"]), type: text(error["type"]) };
}

export function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
