import { describe, expect, test } from "vitest";
import { readTurn } from "@/lib/turns/read-turn";
import { remoteImages, withImages } from "@/lib/turns/turn-item";

const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function refusedParam(wire: "chat" | "responses", body: Record<string, unknown>): unknown {
  try {
    readTurn(wire, body);
  } catch (error) {
    return (error as { param?: unknown }).param;
  }
  return "it was read";
}

describe("a conversation becomes items that Codex takes", () => {
  test("chat messages of every role, in their order", () => {
    const messages = [
      { role: "system", content: "s" },
      { role: "developer", content: [{ type: "text", text: "d" }] },
      {
        role: "user",
        content: [
          { type: "text", text: "u" },
          { type: "image_url", image_url: { url: PIXEL, detail: "low" } },
        ],
      },
      {
        role: "assistant",
        content: "a",
        refusal: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "t" }] },
      { role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
      { role: "assistant", content: "" },
    ];
    expect(readTurn("chat", { messages }).items).toEqual([
      { type: "message", role: "developer", content: [{ type: "input_text", text: "s" }] },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "d" }] },
      {
        type: "message",
        role: "user",
        content: [
          { type: "input_text", text: "u" },
          { type: "input_image", image_url: PIXEL, detail: "low" },
        ],
      },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }] },
      { type: "function_call", call_id: "c1", name: "fn_f", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "t" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "no" }] },
    ]);
  });

  test("responses items, without what only OpenAI's store knows", () => {
    const input = [
      { role: "system", content: "s" },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "x" }], encrypted_content: "sealed", status: "completed" },
      { type: "reasoning", id: "rs_2", summary: [] },
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        phase: "final_answer",
        content: [{ type: "output_text", text: "a", annotations: [] }],
      },
      { type: "function_call", id: "fc_1", call_id: "c1", name: "exec_command", arguments: "{}", status: "completed" },
      { type: "function_call_output", id: "fco_1", call_id: "c1", output: "out" },
    ];
    expect(readTurn("responses", { instructions: "i", input }).items).toEqual([
      { type: "message", role: "developer", content: [{ type: "input_text", text: "i" }] },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "s" }] },
      { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "x" }], encrypted_content: "sealed" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "a" }], phase: "final_answer" },
      { type: "function_call", call_id: "c1", name: "fn_exec_command", arguments: "{}" },
      { type: "function_call_output", call_id: "c1", output: "out" },
    ]);
  });

  test("a remote image is fetched once and put in its places", () => {
    const url = "https://example.com/a.png";
    const part = { type: "input_image", image_url: url };
    const { items } = readTurn("responses", { input: [{ role: "user", content: [part, part] }] });
    expect(remoteImages(items)).toEqual(new Map([[url, 2]]));
    expect(remoteImages(withImages(items, new Map([[url, PIXEL]])))).toEqual(new Map());
  });

  test("tools are known to the model by names of ours, and not at all with tool_choice none", () => {
    const tools = [{ type: "function", function: { name: "exec_command" } }];
    const messages = [{ role: "user", content: "x" }];
    expect(readTurn("chat", { messages, tools }).tools).toEqual([
      { name: "fn_exec_command", description: "", parameters: { type: "object", properties: {} } },
    ]);
    expect(readTurn("chat", { messages, tools, tool_choice: "none" }).tools).toEqual([]);
  });

  test("what is kept by us is read", () => {
    const messages = [{ role: "user", content: "x" }];
    expect(readTurn("chat", { messages, stop: "a", max_tokens: 5, parallel_tool_calls: false, reasoning_effort: "high" })).toMatchObject({
      stops: ["a"],
      outputTokensMax: 5,
      parallelToolCalls: false,
      effort: "high",
      summary: "none",
    });
  });
});

describe("a body that is at fault is refused with its field", () => {
  test.each<[string, "chat" | "responses", Record<string, unknown>, string]>([
    ["nothing said", "chat", { messages: [] }, "messages"],
    ["no input", "responses", { instructions: "i" }, "input"],
    ["an output without its call", "chat", { messages: [{ role: "tool", tool_call_id: "c", content: "x" }] }, "messages"],
    ["a call without its output", "responses", { input: [{ type: "function_call", call_id: "c", name: "f", arguments: "" }] }, "input"],
    [
      "an output before its call",
      "responses",
      {
        input: [
          { type: "function_call_output", call_id: "c", output: "" },
          { type: "function_call", call_id: "c", name: "f", arguments: "" },
        ],
      },
      "input",
    ],
    ["a message without content", "chat", { messages: [{ role: "user" }] }, "messages[0].content"],
    [
      "an image that is none",
      "chat",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,aGVsbG8=" } }] }] },
      "messages[0].content[0]",
    ],
    [
      "an image without TLS",
      "chat",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "http://x/y.png" } }] }] },
      "messages[0].content[0]",
    ],
    ["too many stops", "chat", { messages: [{ role: "user", content: "x" }], stop: ["1", "2", "3", "4", "5"] }, "stop"],
    ["an empty stop", "chat", { messages: [{ role: "user", content: "x" }], stop: [""] }, "stop"],
    ["a tool's bad name", "responses", { input: "x", tools: [{ type: "function", name: "a b" }] }, "tools[0].name"],
    [
      "a tool twice",
      "responses",
      {
        input: "x",
        tools: [
          { type: "function", name: "a" },
          { type: "function", name: "a" },
        ],
      },
      "tools[1].name",
    ],
    [
      "a schema that is none",
      "chat",
      { messages: [{ role: "user", content: "x" }], response_format: { type: "json_schema", json_schema: {} } },
      "response_format.json_schema.schema",
    ],
  ])("%s", (_name, wire, body, param) => {
    expect(refusedParam(wire, body)).toBe(param);
  });
});
