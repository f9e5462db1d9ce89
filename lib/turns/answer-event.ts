import type { Usage } from "@/lib/openai/usage-type";

/**
 * What an engine hears from the model, in neither wire's words. Items do not overlap: the next one ends the one before.
 * The beginning of an item is no content yet; its first text is.
 */
export type AnswerEvent =
  | { kind: "message"; id: string | null; phase: string | null }
  | { kind: "text"; delta: string }
  | { kind: "message_end" }
  | { kind: "reasoning"; id: string | null }
  | { kind: "summary"; part: number; delta: string }
  | { kind: "reasoning_end"; id: string | null; summary: readonly string[]; encryptedContent: string | null }
  | { kind: "call"; call: ToolCall };

/** `name` is the client's own. */
export type ToolCall = { id: string | null; callId: string; name: string; arguments: string };

/** `stop`: at one of the client's stop sequences. */
export type AnswerFinish = "completed" | "stop" | "max_output_tokens" | "content_filter";

/** `counted`: by us, because the model was stopped before it could tell. */
export type AnswerUsage = Usage & { counted: boolean };

export type AnswerEnd = { finish: AnswerFinish; usage: AnswerUsage };
