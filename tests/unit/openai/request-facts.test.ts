import { describe, expect, test } from "vitest";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";

function responses(body: object) {
  return readFacts("responses", scanBody(Buffer.from(JSON.stringify(body))));
}

function chat(body: object) {
  return readFacts("chat", scanBody(Buffer.from(JSON.stringify(body))));
}

test("a request of gpt-5.5 is read with all its tools, of which only web_search is hosted", () => {
  const facts = responses({
    model: "gpt-5.5",
    stream: true,
    input: [{ type: "message", id: "msg_1", role: "user", content: [{ type: "input_text", text: "hi" }] }],
    tools: [
      { type: "function", name: "exec_command" },
      { type: "custom", name: "apply_patch" },
      { type: "tool_search", execution: "client" },
      { type: "web_search", external_web_access: false },
    ],
    store: false,
    prompt_cache_key: "thread",
  });
  expect(facts).toMatchObject({
    model: "gpt-5.5",
    stream: true,
    store: false,
    outputTokensMax: null,
    toolTypes: ["function", "custom", "tool_search", "web_search"],
    hostedTools: ["web_search"],
    webSearchTools: [{ path: ["tools"], index: 3, type: "web_search" }],
    promptCacheKey: "thread",
    itemReferences: false,
  });
});

test("tools inside an additional_tools item are found through their namespaces", () => {
  const facts = responses({
    input: [
      {
        type: "additional_tools",
        tools: [{ type: "namespace", name: "functions", tools: [{ type: "custom", name: "exec" }, { type: "web_search" }] }],
      },
    ],
  });
  expect(facts.toolTypes).toEqual(["namespace", "custom", "web_search"]);
  expect(facts.webSearchTools).toEqual([{ path: ["input", 0, "tools", 0, "tools"], index: 1, type: "web_search" }]);
});

test("a tool search or shell that upstream runs is hosted; the client's own is not", () => {
  expect(responses({ tools: [{ type: "tool_search" }, { type: "shell", environment: { type: "container_auto" } }] }).hostedTools).toEqual([
    "tool_search",
    "shell",
  ]);
  expect(responses({ tools: [{ type: "shell", environment: { type: "local" } }] }).hostedTools).toEqual([]);
});

test("images count one by one, and only data URLs give their bytes", () => {
  const facts = responses({
    input: [
      {
        role: "user",
        content: [
          { type: "input_image", image_url: PIXEL },
          { type: "input_image", image_url: "https://x.test/a.png" },
        ],
      },
      { type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: PIXEL }] },
      { type: "computer_call_output", output: { type: "computer_screenshot", image_url: PIXEL } },
    ],
  });
  expect(facts).toMatchObject({ imagesCount: 4, remoteImages: 1, imageDataBytes: 3 * PIXEL.length });
});

test("a data URL that is no image takes nothing off the text", () => {
  const facts = responses({ input: [{ role: "user", content: [{ type: "input_image", image_url: "data:text/plain,hello" }] }] });
  expect(facts).toMatchObject({ imagesCount: 1, imageDataBytes: 0 });
});

test("stored files, files by URL and references are told apart", () => {
  const facts = responses({
    input: [
      {
        role: "user",
        content: [
          { type: "input_file", file_id: "file_1" },
          { type: "input_file", file_url: "https://x.test/a.pdf" },
        ],
      },
      { type: "item_reference", id: "msg_1" },
    ],
  });
  expect(facts).toMatchObject({ fileIds: ["file_1"], filesCount: 1, itemReferences: true });
  expect(responses({ input: [{ id: "msg_1" }] }).itemReferences).toBe(true);
});

test("chat: content parts, both names of the ceiling and the usage wish are read", () => {
  const facts = chat({
    model: "m",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "x" },
          { type: "image_url", image_url: { url: PIXEL } },
          { type: "input_audio", input_audio: {} },
        ],
      },
    ],
    max_tokens: 7,
    stream_options: { include_usage: true, x: 1 },
  });
  expect(facts).toMatchObject({
    imagesCount: 1,
    audioInput: true,
    outputTokensMax: 7,
    outputTokensKey: "max_tokens",
    includeUsage: true,
    streamOptions: { include_usage: true, x: 1 },
  });
  expect(chat({ messages: [] })).toMatchObject({ outputTokensMax: null, outputTokensKey: "max_completion_tokens", includeUsage: false });
});

describe("wrong types name the field", () => {
  test.each([
    [{ model: 1 }, "model"],
    [{ stream: "true" }, "stream"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ max_output_tokens: 1.5 }, "max_output_tokens"],
    [{ max_output_tokens: "10" }, "max_output_tokens"],
    [{ n: -1 }, "n"],
    [{ store: 0 }, "store"],
    [{ input: { a: 1 } }, "input"],
    [{ input: [1] }, "input[0]"],
    [{ input: [{ role: "user", content: [{ text: "x" }] }] }, "input[0].content[0].type"],
    [{ tools: [{ name: "x" }] }, "tools[0].type"],
    [{ input: [{ type: "additional_tools", tools: [{ type: "namespace", tools: 1 }] }] }, "input[0].tools[0].tools"],
    [{ stream_options: [] }, "stream_options"],
    [{ conversation: 3 }, "conversation"],
  ])("%j: %s", (body, param) => {
    expect(() => responses(body)).toThrow(expect.objectContaining({ code: "request_invalid", param }) as Error);
  });

  test("two ceilings at once are refused", () => {
    expect(() => chat({ max_tokens: 1, max_completion_tokens: 2 })).toThrow("not both");
  });
});
