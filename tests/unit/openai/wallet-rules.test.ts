import { expect, test } from "vitest";
import { microUsd, rate } from "@/lib/money/micro-usd";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import { spliceBody } from "@/lib/openai/splice";
import { walletPlan } from "@/lib/openai/wallet-rules";
import type { Wire } from "@/lib/openai/request-facts";
import type { Price, Rates } from "@/lib/pricing/price-type";

const sell: Rates = {
  input: rate(5_000_000n),
  cachedInput: rate(500_000n),
  cacheWrite: rate(5_000_000n),
  output: rate(30_000_000n),
  webSearchCall: null,
};
const price: Price = { id: "price_1", model: "m", version: 1, sell, cost: sell, outputTokensMax: 128_000, imageTokensMax: 1_600 };
const selling: Price = { ...price, sell: { ...sell, webSearchCall: microUsd(10_000n) } };

function plan(wire: Wire, body: object, at: Price = price) {
  const bytes = Buffer.from(JSON.stringify(body));
  const scan = scanBody(bytes);
  const planned = walletPlan(readFacts(wire, scan), at, { webSearchCallsMax: 3 });
  return planned.kind === "can"
    ? { ...planned, body: JSON.parse(spliceBody(bytes, scan, planned.edits).toString()) as Record<string, unknown> }
    : planned;
}

const file = { input: [{ role: "user", content: [{ type: "input_file", file_id: "file_1" }] }] };

test.each<[string, Wire, object]>([
  ["background", "responses", { background: true }],
  ["previous_response_id", "responses", { previous_response_id: "resp_1" }],
  ["conversation", "responses", { conversation: "conv_1" }],
  ["prompt", "responses", { prompt: { id: "pmpt_1" } }],
  ["service_tier", "responses", { service_tier: "priority" }],
  ["service_tier", "chat", { service_tier: "flex" }],
  ["reasoning.mode", "responses", { reasoning: { mode: "pro" } }],
  ["input", "responses", file],
  ["input", "responses", { input: [{ role: "user", content: [{ type: "input_file", file_data: "data:application/pdf;base64,AA" }] }] }],
  ["input", "responses", { input: [{ role: "user", content: [{ type: "input_image", file_id: "file_1" }] }] }],
  ["input", "responses", { input: [{ type: "item_reference", id: "msg_1" }] }],
  ["input", "responses", { input: [{ type: "code_interpreter_call", container_id: "c" }] }],
  ["input", "responses", { input: [{ role: "user", content: [{ type: "hologram" }] }] }],
  ["tools", "responses", { tools: [{ type: "code_interpreter" }] }],
  ["tools", "responses", { tools: [{ type: "mcp" }] }],
  ["tools", "responses", { input: [{ type: "additional_tools", tools: [{ type: "namespace", tools: [{ type: "image_generation" }] }] }] }],
  ["moderation", "responses", { moderation: {} }],
  ["context_management", "responses", { context_management: [] }],
  ["brand_new_field", "responses", { brand_new_field: 1 }],
  ["n", "chat", { n: 2 }],
  ["modalities", "chat", { modalities: ["text", "audio"] }],
  ["modalities", "chat", { audio: { voice: "x" } }],
  ["prediction", "chat", { prediction: { type: "content" } }],
  ["web_search_options", "chat", { web_search_options: {} }],
  ["messages", "chat", { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] }],
  ["messages", "chat", { messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file_1" } }] }] }],
  ["messages", "chat", { messages: [{ role: "assistant", audio: { id: "audio_1" } }] }],
  ["tool_choice", "responses", { tools: [{ type: "web_search" }], tool_choice: { type: "web_search" } }],
])("the wallet refuses %s on %s: %j", (param, wire, body) => {
  expect(plan(wire, body)).toMatchObject({ kind: "cannot", param });
});

test("web_search_preview has no price even where web_search has one", () => {
  expect(plan("responses", { tools: [{ type: "web_search_preview" }] }, selling)).toMatchObject({ kind: "cannot", param: "tools" });
});

test("every field that Codex 0.169 sends is taken", () => {
  const body = {
    model: "gpt-5.5",
    stream: true,
    input: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
      { type: "reasoning", encrypted_content: "x" },
      { type: "compaction", encrypted_content: "x" },
    ],
    tools: [{ type: "function", name: "f" }],
    tool_choice: "auto",
    parallel_tool_calls: true,
    reasoning: { effort: "low", context: "all_turns" },
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "k",
    text: { verbosity: "low" },
    client_metadata: { turn_id: "t" },
  };
  expect(plan("responses", body)).toMatchObject({ kind: "can", edits: [], notes: [], body });
});

test("what would store the answer is turned off", () => {
  expect(plan("responses", { input: "x" })).toMatchObject({ body: { store: false } });
  expect(plan("responses", { input: "x", store: true })).toMatchObject({ body: { store: false } });
  expect(plan("chat", { messages: [], store: true })).toMatchObject({ body: { store: false } });
  expect(plan("chat", { messages: [] })).toMatchObject({ edits: [] });
});

test("the automatic service tier becomes the one that has a price", () => {
  expect(plan("chat", { service_tier: "auto" })).toMatchObject({ body: { service_tier: "default" } });
});

test("the client's own user never reaches the operator's key", () => {
  expect(plan("chat", { user: "alice" })).toMatchObject({ body: {}, notes: ["user removed"] });
});

test("an unsold web search is taken out wherever it stands, and said so", () => {
  const search = { type: "web_search" };
  const other = { type: "function", name: "f" };
  const body = { store: false, input: [{ type: "additional_tools", tools: [search, other] }], tools: [other, search, search] };
  const planned = plan("responses", body);
  expect(planned).toMatchObject({ body: { store: false, input: [{ type: "additional_tools", tools: [other] }], tools: [other] } });
  expect(planned).toMatchObject({ notes: [expect.stringContaining("web_search")] });
});

test("a sold web search is capped; a lower cap of the client stays", () => {
  const tools = [{ type: "web_search" }];
  expect(plan("responses", { store: false, tools }, selling)).toMatchObject({ body: { tools, max_tool_calls: 3 } });
  expect(plan("responses", { store: false, tools, max_tool_calls: 9 }, selling)).toMatchObject({ body: { max_tool_calls: 3 } });
  expect(plan("responses", { store: false, tools, max_tool_calls: 2 }, selling)).toMatchObject({ edits: [], body: { max_tool_calls: 2 } });
});
