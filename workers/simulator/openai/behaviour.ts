/**
 * What one simulated request does instead of, or on top of, answering well. A test gives it to `control.next` or `control.always`; a
 * client can also send it, as JSON, in the header `x-sim-behaviour` or in its last user message as `[[sim {"usage":"omit"}]]`.
 */
export type Behaviour = {
  /** Answer this and generate nothing. */
  refuse?: Refusal;
  /** Headers added to the answer. */
  headers?: Record<string, string>;
  /** Close the socket. `midEvent` closes it inside the event after those: half of its bytes are sent. */
  cut?: "before_headers" | (StreamPoint & { midEvent?: boolean });
  /** Keep the socket open and send nothing more. */
  hang?: "before_headers" | "after_headers" | StreamPoint;
  /** Wait for `control.release()`. */
  gate?: "before_headers" | "each_event" | StreamPoint;
  /** Leave usage out, or overwrite these of its fields (the wire's names, nested ones too). */
  usage?: "omit" | Record<string, unknown>;
  /** The model that the answer says served the request. */
  servedModel?: string;
  /** Sent as header `openai-model`, and inside `response.created` as `response.headers`. */
  openaiModelHeader?: string;
  /** The tier that the answer says served the request. */
  servedTier?: string;
  /** End a Responses stream with `response.failed`; a chat stream with an error event. */
  fail?: { code: string; message: string; when: "before_content" | "after_content" | { afterDeltas: number } };
  /** Send the terminal event twice. */
  duplicateTerminal?: boolean;
  /** Make the text this long and send it in one event. */
  hugeEventBytes?: number;
  /** Milliseconds between two events of a stream: a person can watch, and stop things in the middle. */
  pauseMs?: number;
  /** The reply, instead of what the prompt asks for. */
  parts?: ReplyPart[];
};

/** A place in a stream: after so many of its events, or after so many pieces of the text (on the Responses wire). */
export type StreamPoint = { afterEvents: number } | { afterDeltas: number };

export type Refusal = { status: number; body: unknown; headers?: Record<string, string> };

/** One item of a reply, in neither wire's dialect. */
export type ReplyPart =
  | { kind: "message"; text: string }
  | { kind: "function_call"; name: string; arguments: string; namespace?: string }
  | { kind: "custom_tool_call"; name: string; input: string; namespace?: string }
  | { kind: "web_search"; query: string }
  | { kind: "compaction"; summary: string };

/** `slow: 30` on a line of its own: the answer takes about so many seconds. */
const SLOWLY = /^[ \t]*slow:[ \t]*(\d{1,4})[ \t]*$/m;
const SLOW_SECONDS_MAX = 600;
const EVENTS_USUAL = 20;
const IN_PROMPT = /\[\[sim (\{[\s\S]*?\})\]\]/;

export function behaviourInHeader(value: string | string[] | undefined): Behaviour | null {
  return typeof value === "string" ? (JSON.parse(value) as Behaviour) : null;
}

export function behaviourInPrompt(text: string): Behaviour | null {
  const found = IN_PROMPT.exec(text)?.[1];
  if (found !== undefined) return JSON.parse(found) as Behaviour;
  const seconds = Number(SLOWLY.exec(text)?.[1]);
  return seconds > 0 ? { pauseMs: (Math.min(seconds, SLOW_SECONDS_MAX) * 1000) / EVENTS_USUAL } : null;
}
