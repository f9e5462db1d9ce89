import { expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { ChatWriter } from "@/lib/turns/chat-writer";
import { ResponsesWriter } from "@/lib/turns/responses-writer";
import { readTurn } from "@/lib/turns/read-turn";
import { assertChatChunk, assertChatCompletion, assertResponse, assertResponsesEvent } from "@/tests/contract/harness/schemas";
import type { AnswerEnd, AnswerEvent } from "@/lib/turns/answer-event";

const USAGE = { freshInputTokens: 70, cachedInputTokens: 20, cacheWriteTokens: 10, outputTokens: 9, reasoningTokens: 3, counted: false };
const DONE: AnswerEnd = { finish: "completed", usage: USAGE };
const EVERYTHING: AnswerEvent[] = [
  { kind: "reasoning", id: "rs_1" },
  { kind: "summary", part: 0, delta: "first " },
  { kind: "summary", part: 0, delta: "thought" },
  { kind: "summary", part: 1, delta: "second" },
  { kind: "reasoning_end", id: "rs_1", summary: ["first thought", "second"], encryptedContent: "sealed" },
  { kind: "message", id: "msg_1", phase: "commentary" },
  { kind: "text", delta: "Let me " },
  { kind: "text", delta: "look." },
  { kind: "message_end" },
  { kind: "call", call: { id: "fc_1", callId: "call_1", name: "look", arguments: '{"a":1}' } },
  { kind: "call", call: { id: "fc_2", callId: "call_2", name: "look", arguments: "{}" } },
];

function head(stream: boolean) {
  let ids = 0;
  return {
    requestId: "req_1",
    model: "gpt-5.5",
    createdAtS: 1_700_000_000,
    stream,
    includeUsage: true,
    newItemId: (prefix: string) => `${prefix}_made${ids++}`,
  };
}

function responses(stream: boolean): ResponsesWriter {
  const { echo } = readTurn("responses", { input: "x", tools: [{ type: "function", name: "look" }] });
  return new ResponsesWriter({ ...head(stream), echo, encryptedReasoning: true });
}

function dataOf(text: string): unknown[] {
  const lines = text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]");
  return lines.map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}

test("a stream of everything has every event of OpenAI's, in order, and ends with what was said", () => {
  const writer = responses(true);
  const events = dataOf(EVERYTHING.map((event) => writer.write(event)).join("") + writer.end(DONE));
  for (const event of events) assertResponsesEvent(event);
  const typed = events as { type: string; sequence_number: number; response?: { output: unknown[] } }[];
  expect(typed.map((event) => event.sequence_number)).toEqual(typed.map((_, index) => index));
  expect(typed.map((event) => event.type.replace("response.", ""))).toEqual([
    "created",
    "in_progress",
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "completed",
  ]);
  const whole = responses(false);
  expect(EVERYTHING.map((event) => whole.write(event)).join("")).toBe("");
  const response = JSON.parse(whole.end(DONE)) as unknown;
  assertResponse(response);
  expect(typed.at(-1)?.response).toEqual(response);
  expect(response).toMatchObject({
    output: [
      { id: "rs_1", summary: [{ text: "first thought" }, { text: "second" }], encrypted_content: "sealed" },
      { id: "msg_1", phase: "commentary", content: [{ text: "Let me look." }] },
      { id: "fc_1", call_id: "call_1" },
      { id: "fc_2", call_id: "call_2" },
    ],
    usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 20 }, output_tokens: 9, total_tokens: 109 },
  });
});

test("an item that has only begun tells the client nothing", () => {
  const writer = responses(true);
  expect(writer.write({ kind: "reasoning", id: "rs_1" }) + writer.write({ kind: "message", id: "msg_1", phase: null })).toBe("");
});

test("an answer that was cut in the middle of a message closes it as incomplete", () => {
  const writer = responses(true);
  writer.write({ kind: "text", delta: "half" });
  const end = dataOf(writer.end({ finish: "max_output_tokens", usage: { ...USAGE, counted: true } }));
  expect(end.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: {
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
      usage: { switchyard_estimated: true },
    },
  });
});

test("a failure behind the first word names the same response, with the next number", () => {
  const writer = responses(true);
  const before = dataOf(writer.write({ kind: "text", delta: "half" })) as { sequence_number: number }[];
  const [failed] = dataOf(writer.fail(new AppError("upstream_unavailable", "Cut off.")));
  expect(failed).toMatchObject({
    type: "response.failed",
    sequence_number: (before.at(-1)?.sequence_number ?? 0) + 1,
    response: { id: "resp_1", status: "failed", error: { message: "Cut off." } },
  });
});

test("a chat stream has the calls in their places and the usage last", () => {
  const writer = new ChatWriter(head(true));
  const text = EVERYTHING.map((event) => writer.write(event)).join("") + writer.end(DONE);
  const chunks = dataOf(text);
  for (const chunk of chunks) assertChatChunk(chunk);
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  const typed = chunks as { choices: { delta: { content?: string; tool_calls?: { index: number }[] }; finish_reason: string | null }[] }[];
  expect(typed.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe("Let me look.");
  expect(typed.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls?.map((call) => call.index) ?? [])).toEqual([0, 0, 1, 1]);
  expect(typed.at(-2)?.choices[0]?.finish_reason).toBe("tool_calls");
  expect(typed.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 9 } });
});

test("a whole chat answer has the text of all messages", () => {
  const writer = new ChatWriter(head(false));
  for (const delta of ["one", "two"]) {
    writer.write({ kind: "message", id: null, phase: null });
    writer.write({ kind: "text", delta });
    writer.write({ kind: "message_end" });
  }
  const answer = JSON.parse(writer.end(DONE)) as unknown;
  assertChatCompletion(answer);
  expect(answer.choices[0]).toMatchObject({ message: { content: "one\n\ntwo" }, finish_reason: "stop" });
});

test("how a chat answer ended is told in that wire's words", () => {
  const reasons = (["completed", "stop", "max_output_tokens", "content_filter"] as const).map((finish) => {
    const answer = JSON.parse(new ChatWriter(head(false)).end({ finish, usage: USAGE })) as { choices: { finish_reason: string }[] };
    return answer.choices[0]?.finish_reason;
  });
  expect(reasons).toEqual(["stop", "stop", "length", "content_filter"]);
});
