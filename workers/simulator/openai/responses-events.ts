import { randomUUID } from "node:crypto";
import type { Behaviour, ReplyPart } from "@/workers/simulator/openai/behaviour";
import { cutToTokens } from "@/workers/simulator/openai/count-tokens";
import { splitText } from "@/workers/simulator/openai/split-text";
import type { JsonObject } from "@/workers/simulator/openai/read-prompt";

/**
 * The event sequence of one Responses stream, as OpenAI emits it:
 *   created, in_progress, then per item: output_item.added, the item's own events, output_item.done; last completed, incomplete or failed.
 * Sequence numbers count from 0 over the whole stream. `response.created` and `response.in_progress` carry the response without output.
 */
export type OutputItem = JsonObject & { type: string; id: string };

export type ResponsePlan = {
  /** Every field of the response except `status`, `output` and `usage`. */
  base: JsonObject;
  items: OutputItem[];
  usage: JsonObject | undefined;
  status: "completed" | "incomplete" | "failed";
  /** How many deltas each text is split in. */
  deltas: number;
  behaviour: Behaviour;
};

/** Events of a stream that is one plain message, besides its deltas: created, in progress, item, part, three ends, completed. */
const FIXED_EVENTS = 8;

export function deltasFor(eventsPerStream: number): number {
  return Math.max(1, eventsPerStream - FIXED_EVENTS);
}

export function itemFor(part: ReplyPart, mintEncrypted: (text: string) => string): OutputItem {
  switch (part.kind) {
    case "message":
      return {
        id: itemId("msg"),
        type: "message",
        status: "completed",
        role: "assistant",
        phase: "final_answer",
        content: [outputText(part.text)],
      };
    case "function_call":
      return {
        id: itemId("fc"),
        type: "function_call",
        status: "completed",
        call_id: itemId("call"),
        name: part.name,
        arguments: part.arguments,
        ...(part.namespace === undefined ? {} : { namespace: part.namespace }),
      };
    case "custom_tool_call":
      return {
        id: itemId("ctc"),
        type: "custom_tool_call",
        status: "completed",
        call_id: itemId("call"),
        name: part.name,
        input: part.input,
        ...(part.namespace === undefined ? {} : { namespace: part.namespace }),
      };
    case "web_search":
      return {
        id: itemId("ws"),
        type: "web_search_call",
        status: "completed",
        action: { type: "search", query: part.query, queries: [part.query] },
      };
    case "compaction":
      return { id: itemId("cmp"), type: "compaction", encrypted_content: mintEncrypted(part.summary) };
  }
}

export function reasoningItem(encryptedContent: string): OutputItem {
  return { id: itemId("rs"), type: "reasoning", summary: [], encrypted_content: encryptedContent };
}

/** A message that a limit ended early. */
export function cutMessage(item: OutputItem, tokens: number): OutputItem {
  return item.type === "message" ? { ...item, status: "incomplete", content: [outputText(cutToTokens(textOf(item), tokens))] } : item;
}

/** What of an item the client pays for as output. */
export function billedText(item: OutputItem): string {
  if (item.type === "message") return textOf(item);
  const written = item.arguments ?? item.input;
  return typeof written === "string" ? written : "";
}

export function finishedResponse({ base, items, usage, status }: ResponsePlan): JsonObject {
  return {
    ...base,
    status,
    completed_at: status === "completed" ? base.created_at : null,
    output: items,
    ...(usage === undefined ? {} : { usage }),
  };
}

export function* responseFrames(plan: ResponsePlan): Generator<string> {
  let sequence = 0;
  const frame = (event: JsonObject): string => {
    const { type, ...rest } = event;
    return `event: ${String(type)}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...rest })}\n\n`;
  };
  const { base, items, behaviour } = plan;
  const begun = { ...base, status: "in_progress", completed_at: null, output: [], usage: null };
  const servedHeaders = behaviour.openaiModelHeader === undefined ? {} : { headers: { "openai-model": behaviour.openaiModelHeader } };
  yield frame({ type: "response.created", response: { ...begun, ...servedHeaders } });
  yield frame({ type: "response.in_progress", response: begun });

  const failed = (output: OutputItem[], fail: NonNullable<Behaviour["fail"]>): string =>
    frame({ type: "response.failed", response: { ...begun, status: "failed", output, error: { code: fail.code, message: fail.message } } });
  if (behaviour.fail?.when === "before_content") {
    yield failed([], behaviour.fail);
    return;
  }

  let deltas = 0;
  for (const [index, item] of items.entries()) {
    for (const event of itemEvents(item, index, plan.deltas)) {
      yield frame(event);
      if (event.type === "response.output_text.delta") deltas += 1;
      if (typeof behaviour.fail?.when === "object" && deltas === behaviour.fail.when.afterDeltas) {
        yield failed(items.slice(0, index), behaviour.fail);
        return;
      }
    }
  }
  if (behaviour.fail) {
    yield failed(items, behaviour.fail);
    return;
  }
  const terminal = { type: `response.${plan.status}`, response: finishedResponse(plan) };
  yield frame(terminal);
  if (behaviour.duplicateTerminal) yield frame(terminal);
}

function* itemEvents(item: OutputItem, outputIndex: number, deltas: number): Generator<JsonObject> {
  const at = { item_id: item.id, output_index: outputIndex };
  yield { type: "response.output_item.added", output_index: outputIndex, item: begunItem(item) };
  switch (item.type) {
    case "message": {
      const text = textOf(item);
      const part = { ...at, content_index: 0 };
      yield { type: "response.content_part.added", ...part, part: outputText("") };
      for (const delta of splitText(text, deltas)) yield { type: "response.output_text.delta", ...part, delta, logprobs: [] };
      yield { type: "response.output_text.done", ...part, text, logprobs: [] };
      yield { type: "response.content_part.done", ...part, part: outputText(text) };
      break;
    }
    case "function_call":
      for (const delta of splitText(String(item.arguments), deltas)) yield { type: "response.function_call_arguments.delta", ...at, delta };
      yield { type: "response.function_call_arguments.done", ...at, name: item.name, arguments: item.arguments };
      break;
    case "custom_tool_call":
      for (const delta of splitText(String(item.input), deltas)) yield { type: "response.custom_tool_call_input.delta", ...at, delta };
      yield { type: "response.custom_tool_call_input.done", ...at, input: item.input };
      break;
    case "web_search_call":
      for (const step of ["in_progress", "searching", "completed"]) yield { type: `response.web_search_call.${step}`, ...at };
      break;
  }
  yield { type: "response.output_item.done", output_index: outputIndex, item };
}

function begunItem(item: OutputItem): OutputItem {
  switch (item.type) {
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
    case "custom_tool_call":
      return { ...item, status: "in_progress", input: "" };
    case "web_search_call":
      return { ...item, status: "in_progress" };
    default:
      return item;
  }
}

function outputText(text: string): JsonObject {
  return { type: "output_text", annotations: [], logprobs: [], text };
}

function textOf(item: OutputItem): string {
  const [part] = item.content as [{ text: string }];
  return part.text;
}

function itemId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}
