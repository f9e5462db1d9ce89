import { describe, expect, test } from "vitest";
import { countOutputTokens } from "@/lib/metering/estimate";
import { readJsonResult } from "@/lib/metering/json-tap";
import { UsageTap } from "@/lib/metering/tap";
import { SseSplitter } from "@/lib/openai/sse";
import type { Observed, TapResult } from "@/lib/metering/tap-type";
import type { Wire } from "@/lib/openai/request-facts";

function watch(wire: Wire, events: (object | string)[]): { seen: Observed[]; result: TapResult } {
  const tap = new UsageTap(wire);
  const text = events.map((event) => (typeof event === "string" ? event : `data: ${JSON.stringify(event)}`) + "\n\n").join("");
  const seen = new SseSplitter().push(Buffer.from(text)).map((event) => tap.observe(event));
  return { seen, result: tap.result() };
}

const usage = {
  input_tokens: 10,
  output_tokens: 4,
  total_tokens: 14,
  input_tokens_details: { cached_tokens: 2 },
  output_tokens_details: { reasoning_tokens: 1 },
};

describe("responses", () => {
  test("a plain stream: preamble, content, terminal, with usage, model and tier", () => {
    const { seen, result } = watch("responses", [
      { type: "response.created", sequence_number: 0, response: { id: "resp_1", model: "m" } },
      { type: "response.in_progress", response: { id: "resp_1" } },
      ": ping",
      { type: "response.output_item.added", output_index: 0, item: { type: "message" } },
      { type: "response.output_text.delta", output_index: 0, delta: 'Hel"lo ' },
      { type: "response.output_text.delta", output_index: 0, delta: "wörld" },
      { type: "response.output_text.done", output_index: 0, text: 'Hel"lo wörld' },
      {
        type: "response.output_item.done",
        output_index: 0,
        item: { type: "message", content: [{ type: "output_text", text: 'Hel"lo wörld' }] },
      },
      { type: "response.completed", response: { id: "resp_1", model: "m-2026", service_tier: "default", usage, output: [] } },
    ]);
    expect(seen.map(({ kind }) => kind)).toEqual([
      "preamble",
      "preamble",
      "keepalive",
      "content",
      "content",
      "content",
      "content",
      "content",
      "terminal",
    ]);
    expect(seen[0]).toMatchObject({ responseId: "resp_1" });
    expect(seen.at(-1)).toMatchObject({ terminal: "completed", servedModel: "m-2026", serviceTier: "default" });
    expect(result).toMatchObject({ terminal: "completed", responseId: "resp_1", firstContentSeen: true, servedModel: "m-2026" });
    expect(result.reading?.usage).toEqual({
      freshInputTokens: 8,
      cachedInputTokens: 2,
      cacheWriteTokens: 0,
      outputTokens: 4,
      reasoningTokens: 1,
    });
    expect(result.outputSeen()).toBe('Hel"lo wörld');
    expect(result.outputTextBytesSeen).toBe(13);
  });

  test("the usage is the response's own, not what the request's tools are called", () => {
    const tools = [{ type: "function", parameters: { properties: { usage: { input_tokens: 999, output_tokens: 999 } } } }];
    const { result } = watch("responses", [
      { type: "response.completed", usage: { input_tokens: 5 }, response: { tools, id: "r", usage } },
    ]);
    expect(result.reading?.usage.outputTokens).toBe(4);
  });

  test("a finished tool call is flagged, because the client acts on it", () => {
    const { seen } = watch("responses", [
      { type: "response.output_item.done", output_index: 0, item: { type: "function_call", name: "f", arguments: "{}" } },
      { type: "response.output_item.done", output_index: 1, item: { type: "custom_tool_call", input: "x" } },
      { type: "response.output_item.done", output_index: 2, item: { type: "reasoning", summary: [] } },
    ]);
    expect(seen.map((observed) => observed.toolCallDone ?? false)).toEqual([true, true, false]);
  });

  test("text that came in deltas is counted once, text that came whole is counted too", () => {
    const { result } = watch("responses", [
      { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"a":1}' },
      { type: "response.reasoning_summary_text.delta", output_index: 1, delta: "think" },
      { type: "response.output_item.done", output_index: 0, item: { type: "function_call", arguments: '{"a":1}' } },
      { type: "response.output_item.done", output_index: 2, item: { type: "message", content: [{ text: "whole" }, { refusal: "no" }] } },
    ]);
    expect(result.outputSeen()).toBe('{"a":1}thinkwholeno');
    expect(result.reading).toBeNull();
  });

  test("searches are counted, looks at pages are not", () => {
    const done = (item: object) => ({ type: "response.output_item.done", item });
    const search = { type: "web_search_call", action: { type: "search" } };
    const { result } = watch("responses", [done(search), done(search), done({ type: "web_search_call", action: { type: "open_page" } })]);
    expect(result.webSearchCalls).toBe(2);
    const only = watch("responses", [{ type: "response.completed", response: { id: "r", output: [search, search, search] } }]);
    expect(only.result.webSearchCalls).toBe(3);
  });

  test("failures tell their code, whichever shape they come in", () => {
    const failed = watch("responses", [
      { type: "response.failed", response: { id: "r", error: { code: "rate_limit_exceeded", message: "slow" } } },
    ]);
    expect(failed.seen[0]).toMatchObject({ kind: "terminal", terminal: "failed", error: { code: "rate_limit_exceeded", message: "slow" } });
    const flat = watch("responses", [{ type: "error", code: "server_error", message: "x", param: null }]);
    expect(flat.seen[0]).toMatchObject({ kind: "terminal", terminal: "error", error: { code: "server_error" } });
    const nested = watch("responses", [{ type: "error", error: { type: "t", code: "c", message: "m" } }]);
    expect(nested.result.error).toEqual({ type: "t", code: "c", message: "m" });
  });

  test("an incomplete answer says why and still has usage", () => {
    const { seen, result } = watch("responses", [
      { type: "response.incomplete", response: { id: "r", incomplete_details: { reason: "max_output_tokens" }, usage } },
    ]);
    expect(seen[0]).toMatchObject({ terminal: "incomplete", incompleteReason: "max_output_tokens" });
    expect(result.reading?.usage.outputTokens).toBe(4);
  });

  test("what is not JSON, or has no type, is passed over", () => {
    const { seen } = watch("responses", [
      "data: nonsense",
      "data: {}",
      "data: [DONE]",
      { type: "codex.rate_limits" },
      { type: "keepalive" },
    ]);
    expect(seen.map(({ kind }) => kind)).toEqual(["other", "other", "other", "other", "keepalive"]);
  });
});

describe("chat", () => {
  const chunk = (delta: object, finish: string | null = null, more: object = {}) => ({
    id: "chatcmpl_1",
    object: "chat.completion.chunk",
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });

  test("the role is preamble; from the first finish_reason on everything is terminal", () => {
    const { seen, result } = watch("chat", [
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Hel" }),
      chunk({ content: 'lo "x"' }),
      chunk({}, "stop"),
      { id: "chatcmpl_1", choices: [], usage: { prompt_tokens: 9, completion_tokens: 3 } },
      "data: [DONE]",
    ]);
    expect(seen.map(({ kind }) => kind)).toEqual(["preamble", "content", "content", "terminal", "terminal", "terminal"]);
    expect(seen[4]).toMatchObject({ usageOnly: true });
    expect(result).toMatchObject({ terminal: "completed", responseId: "chatcmpl_1", servedModel: "m" });
    expect(result.reading?.usage).toMatchObject({ freshInputTokens: 9, outputTokens: 3 });
    expect(result.outputSeen()).toBe('Hello "x"');
  });

  test("tool calls are content, their arguments are counted, and their end is flagged", () => {
    const call = (args: string, name?: string) => ({
      tool_calls: [{ index: 0, function: { ...(name ? { name } : {}), arguments: args } }],
    });
    const { seen, result } = watch("chat", [
      chunk(call("", "f")),
      chunk(call('{"content":"x"')),
      chunk(call("}")),
      chunk({}, "tool_calls"),
    ]);
    expect(seen.map(({ kind }) => kind)).toEqual(["content", "content", "content", "terminal"]);
    expect(seen[3]).toMatchObject({ toolCallDone: true });
    expect(result.outputSeen()).toBe('f{"content":"x"}');
  });

  test("several answers in one chunk, and usage beside text, are all read", () => {
    const two = { choices: [0, 1].map((index) => ({ index, delta: { content: `t${index}` }, finish_reason: null })) };
    const { result } = watch("chat", [
      chunk({ content: "a" }),
      two,
      chunk({ content: "b" }, null, { usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    ]);
    expect(result.outputSeen()).toBe("at0t1b");
    expect(result.reading?.usage.outputTokens).toBe(2);
  });

  test("an answer cut at its length is incomplete; an error ends the stream", () => {
    expect(watch("chat", [chunk({ content: "x" }, "length")]).result).toMatchObject({ terminal: "incomplete", incompleteReason: "length" });
    expect(watch("chat", [{ error: { message: "m", type: "t", code: "c" } }]).seen[0]).toMatchObject({
      kind: "terminal",
      terminal: "error",
      error: { code: "c" },
    });
  });
});

describe("whole JSON answers", () => {
  const read = (wire: Wire, status: number, body: object | string) =>
    readJsonResult(wire, status, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

  test("a response", () => {
    const output = [
      { type: "message", content: [{ type: "output_text", text: "hi" }] },
      { type: "function_call", arguments: "{}" },
    ];
    const result = read("responses", 200, { id: "r", model: "m", status: "completed", service_tier: "default", output, usage });
    expect(result).toMatchObject({
      isJson: true,
      terminal: "completed",
      responseId: "r",
      servedModel: "m",
      toolCallDone: true,
      firstContentSeen: true,
    });
    expect(result.outputSeen()).toBe("hi{}");
    expect(result.reading?.usage.outputTokens).toBe(4);
  });

  test("a completion", () => {
    const choices = [{ finish_reason: "length", message: { content: "hi", tool_calls: [{ function: { name: "f", arguments: "{}" } }] } }];
    const result = read("chat", 200, { id: "c", choices, usage: { prompt_tokens: 1, completion_tokens: 2 } });
    expect(result).toMatchObject({ terminal: "incomplete", incompleteReason: "length" });
    expect(result.outputSeen()).toBe("hif{}");
  });

  test("a refusal, and an answer that is no JSON", () => {
    expect(read("chat", 429, { error: { code: "rate_limit_exceeded", message: "m", type: "t" } })).toMatchObject({
      terminal: "error",
      error: { code: "rate_limit_exceeded" },
      firstContentSeen: false,
    });
    expect(read("responses", 502, "<h1>Bad gateway</h1>")).toMatchObject({ isJson: false, terminal: "error", reading: null, error: null });
  });
});

test("the count of seen output is the tokeniser's, and special tokens are plain text", async () => {
  expect(await countOutputTokens("")).toBe(0);
  expect(await countOutputTokens("hello world")).toBe(2);
  expect(await countOutputTokens("<|endoftext|>")).toBeGreaterThan(1);
  const word = "a".repeat(200_000);
  expect(await countOutputTokens(word)).toBe(await countOutputTokens(word));
});
