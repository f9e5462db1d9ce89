/**
 * What travels in the bench: a request as Codex shapes it, in two sizes, and one answer as a whole and as a stream of twenty
 * events. Nothing varies between two requests, so that every contestant carries the same bytes.
 */
export type BodySize = "1KB" | "38KB";

const MODEL = "gpt-5.5";
const BODY_BYTES: Readonly<Record<BodySize, number>> = { "1KB": 1024, "38KB": 38 * 1024 };
const EVENTS_PER_STREAM = 20;

/** Stands somewhere in a streamed request, so that the upstream need not parse it. */
export const STREAM_MARK = '"stream":true';

const WORDS = "the gateway reads every byte once and sends it on unless an edit names it so that a prompt cache upstream stays warm ";
const TOOLS_OF_38KB = 14;
/** What is not a delta in a stream of one message. */
const FRAME_EVENTS = 8;

export function requestBody(size: BodySize, stream: boolean): Buffer {
  const toolsCount = size === "1KB" ? 0 : TOOLS_OF_38KB;
  const build = (filler: number) =>
    JSON.stringify({
      model: MODEL,
      stream,
      store: false,
      parallel_tool_calls: true,
      reasoning: { effort: "medium", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      tool_choice: "auto",
      tools: Array.from({ length: toolsCount }, (_, index) => tool(index)),
      input: messages(filler),
    });
  const bare = Buffer.byteLength(build(0));
  return Buffer.from(build(BODY_BYTES[size] - bare));
}

export function wholeAnswer(): Buffer {
  return Buffer.from(JSON.stringify({ ...response("completed"), output: [message()], usage: usage() }));
}

/** One entry per event, each to be written by itself. */
export function answerEvents(): Buffer[] {
  let sequence = 0;
  const event = (type: string, rest: object) =>
    Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...rest })}\n\n`);
  const at = { item_id: ITEM_ID, output_index: 0, content_index: 0 };
  const part = { type: "output_text", annotations: [], logprobs: [] };
  const deltas = splitInto(answerText(), EVENTS_PER_STREAM - FRAME_EVENTS);
  return [
    event("response.created", { response: { ...response("in_progress"), output: [] } }),
    event("response.in_progress", { response: { ...response("in_progress"), output: [] } }),
    event("response.output_item.added", { output_index: 0, item: { ...message(), status: "in_progress", content: [] } }),
    event("response.content_part.added", { ...at, part: { ...part, text: "" } }),
    ...deltas.map((delta) => event("response.output_text.delta", { ...at, delta, logprobs: [] })),
    event("response.output_text.done", { ...at, text: answerText(), logprobs: [] }),
    event("response.content_part.done", { ...at, part: { ...part, text: answerText() } }),
    event("response.output_item.done", { output_index: 0, item: message() }),
    event("response.completed", { response: { ...response("completed"), output: [message()], usage: usage() } }),
  ];
}

const ITEM_ID = "msg_0a1b2c3d4e5f60718293a4b5c6d7e8f9";

function messages(filler: number): object[] {
  const text = (bytes: number) => WORDS.repeat(Math.ceil(bytes / WORDS.length)).slice(0, Math.max(bytes, 0));
  const developer = Math.floor(filler / 2);
  return [
    { type: "message", role: "developer", content: [{ type: "input_text", text: text(developer) }] },
    { type: "message", role: "user", content: [{ type: "input_text", text: text(filler - developer) }] },
  ];
}

function tool(index: number): object {
  const property = (name: string) => ({ type: "string", description: `${name}: ${WORDS.slice(0, 80)}` });
  return {
    type: "function",
    name: `tool_${index}`,
    description: WORDS.repeat(4),
    strict: false,
    parameters: {
      type: "object",
      properties: Object.fromEntries(["command", "workdir", "justification", "path"].map((name) => [name, property(name)])),
      required: ["command"],
      additionalProperties: false,
    },
  };
}

function response(status: "in_progress" | "completed"): object {
  return {
    id: "resp_00112233445566778899aabbccddeeff",
    object: "response",
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: 32_000,
    model: MODEL,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: "medium", summary: "auto" },
    service_tier: "default",
    store: false,
    temperature: 1,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
    metadata: {},
  };
}

function message(): object {
  return {
    id: ITEM_ID,
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", annotations: [], logprobs: [], text: answerText() }],
  };
}

function usage(): object {
  return {
    input_tokens: 260,
    input_tokens_details: { cached_tokens: 128, cache_write_tokens: 0 },
    output_tokens: 180,
    output_tokens_details: { reasoning_tokens: 64 },
    total_tokens: 440,
  };
}

function answerText(): string {
  return WORDS.repeat(5);
}

function splitInto(text: string, count: number): string[] {
  const length = Math.ceil(text.length / count);
  return Array.from({ length: count }, (_, index) => text.slice(index * length, (index + 1) * length));
}
