import { describe, expect, test } from "vitest";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";

const LOOSE = { strict: false };
const STRICT = { strict: true };
const CHAT = { model: "gpt-5.5", messages: [{ role: "user", content: "hi" }] };
const RESPONSES = { model: "gpt-5.5", input: "hi" };
const FUNCTION = { name: "f", parameters: { type: "object", properties: { a: { type: "string" } } } };
const OPEN_SCHEMA = { type: "object", properties: { a: { type: "string" } } };
const CLOSED_SCHEMA = { ...OPEN_SCHEMA, required: ["a"], additionalProperties: false };

describe("what a Codex lane can do", () => {
  test.each<[string, "chat" | "responses", object]>([
    [
      "values that ask for nothing beyond what happens anyway",
      "chat",
      { temperature: 1, top_p: 1, n: 1, presence_penalty: 0, logprobs: false, store: false },
    ],
    ["fields that are null", "chat", { temperature: null, seed: null, tools: null, web_search_options: null, no_such_field: null }],
    ["stop, limits and effort", "chat", { stop: ["a"], max_tokens: 5, reasoning_effort: "low", verbosity: "low" }],
    ["functions with auto and none", "chat", { tools: [{ type: "function", function: FUNCTION }], tool_choice: "none" }],
    [
      "a strict schema",
      "chat",
      { response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema: OPEN_SCHEMA } } },
    ],
    [
      "a schema that could be strict",
      "chat",
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: CLOSED_SCHEMA } } },
    ],
    ["an object without schema", "chat", { response_format: { type: "json_object" } }],
    ["images", "chat", { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/x.png" } }] }] }],
    [
      "history of every role",
      "chat",
      {
        messages: [
          { role: "system", content: "a" },
          { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
          { role: "tool", tool_call_id: "c", content: "x" },
        ],
      },
    ],
    ["metadata, which is given back", "responses", { metadata: { a: "b" }, client_metadata: {} }],
    [
      "encrypted reasoning",
      "responses",
      { include: ["reasoning.encrypted_content"], store: false, reasoning: { effort: "high", summary: "auto" } },
    ],
    [
      "items",
      "responses",
      {
        input: [
          { role: "user", content: "x" },
          { type: "reasoning", summary: [], encrypted_content: "x" },
        ],
      },
    ],
  ])("%s", (_name, wire, fields) => {
    const body = { ...(wire === "chat" ? CHAT : RESPONSES), ...fields };
    expect(judgeForCodex(wire, body, STRICT)).toEqual({ kind: "can", ignored: [] });
  });

  test.each<[string, "chat" | "responses", object, string]>([
    ["a field that nobody knows", "responses", { brand_new_field: 1 }, "brand_new_field"],
    ["a field of an object's own nature", "responses", { constructor: 1 }, "constructor"],
    ["stored responses", "responses", { previous_response_id: "resp_1" }, "previous_response_id"],
    ["conversations", "responses", { conversation: "conv_1" }, "conversation"],
    ["background", "responses", { background: true }, "background"],
    ["stored prompts", "responses", { prompt: { id: "p" } }, "prompt"],
    ["probabilities", "chat", { logprobs: true }, "logprobs"],
    ["probabilities by include", "responses", { include: ["message.output_text.logprobs"] }, "include"],
    ["several answers", "chat", { n: 2 }, "n"],
    ["token weights", "chat", { logit_bias: { 1: 5 } }, "logit_bias"],
    ["a tier that costs more", "chat", { service_tier: "flex" }, "service_tier"],
    ["spoken answers", "chat", { modalities: ["text", "audio"] }, "modalities"],
    ["searching", "chat", { web_search_options: {} }, "web_search_options"],
    ["forced tools", "chat", { tool_choice: "required" }, "tool_choice"],
    ["named tools", "chat", { tool_choice: { type: "function", function: { name: "f" } } }, "tool_choice"],
    ["hosted tools", "responses", { tools: [{ type: "web_search" }] }, "tools[0]"],
    ["freeform tools", "responses", { tools: [{ type: "custom", name: "apply_patch" }] }, "tools[0]"],
    ["tools in namespaces", "responses", { tools: [{ type: "namespace", name: "n", tools: [] }] }, "tools[0]"],
    ["tools inside of the input", "responses", { input: [{ type: "additional_tools", tools: [] }] }, "input[0]"],
    ["calls of freeform tools", "responses", { input: [{ type: "custom_tool_call", call_id: "c", name: "n", input: "" }] }, "input[0]"],
    ["references", "responses", { input: [{ id: "msg_1" }] }, "input[0]"],
    ["compactions", "responses", { input: [{ type: "compaction", encrypted_content: "x" }] }, "input[0]"],
    ["files", "responses", { input: [{ role: "user", content: [{ type: "input_file", file_url: "https://x" }] }] }, "input[0].content[0]"],
    [
      "stored images",
      "responses",
      { input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] },
      "input[0].content[0].file_id",
    ],
    ["sound", "chat", { messages: [{ role: "user", content: [{ type: "input_audio" }] }] }, "messages[0].content[0]"],
    ["the function role", "chat", { messages: [{ role: "function", name: "f", content: "x" }] }, "messages[0].role"],
    [
      "an open schema that is not to be strict",
      "chat",
      { response_format: { type: "json_schema", json_schema: { schema: OPEN_SCHEMA } } },
      "response_format",
    ],
    ["grammars", "responses", { text: { format: { type: "grammar" } } }, "text.format"],
    ["modes of reasoning", "responses", { reasoning: { mode: "pro" } }, "reasoning.mode"],
  ])("cannot: %s", (_name, wire, fields, param) => {
    const verdict = judgeForCodex(wire, { ...(wire === "chat" ? CHAT : RESPONSES), ...fields }, LOOSE);
    expect(verdict).toMatchObject({ kind: "cannot", param, message: expect.stringContaining("Codex lane") });
  });

  test("sampling is ignored by name, and refused for a strict key", () => {
    const body = { ...CHAT, temperature: 0.2, top_p: 0.5, seed: 7, presence_penalty: 1 };
    expect(judgeForCodex("chat", body, LOOSE)).toEqual({ kind: "can", ignored: ["temperature", "top_p", "seed", "presence_penalty"] });
    expect(judgeForCodex("chat", body, STRICT)).toMatchObject({ kind: "cannot", param: "temperature" });
  });

  test("what changes no answer is ignored for a strict key too", () => {
    expect(judgeForCodex("responses", { ...RESPONSES, store: true, user: "u" }, STRICT)).toEqual({
      kind: "can",
      ignored: ["store", "user"],
    });
  });

  test("what a function's schema loses is named, and a property of such a name is none of it", () => {
    const parameters = { type: "object", properties: { pattern: { type: "string", format: "uri" } }, $defs: { n: { minimum: 1 } } };
    const tools = [{ type: "function", name: "f", strict: true, parameters }];
    expect(judgeForCodex("responses", { ...RESPONSES, tools }, LOOSE)).toEqual({
      kind: "can",
      ignored: ["tools.strict", "tools.parameters.format", "tools.parameters.minimum"],
    });
    expect(judgeForCodex("responses", { ...RESPONSES, tools }, STRICT)).toMatchObject({ kind: "cannot", param: "tools.strict" });
  });
});
