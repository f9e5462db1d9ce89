import { isWebSearch } from "@/lib/openai/request-content";
import type { Price } from "@/lib/pricing/price-type";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";

/**
 * What a wallet lane may forward: an allow-list, because money held beforehand must bound what a request can cost.
 * Whatever is not listed here is refused by name, a new field of the API included.
 */
export type WalletPlan = { kind: "can"; edits: BodyEdit[]; notes: string[] } | { kind: "cannot"; param: string; message: string };

type Refusal = { param: string; message: string };

const SHARED_FIELDS = [
  "client_metadata",
  "metadata",
  "model",
  "parallel_tool_calls",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
  "service_tier",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "user",
] as const;

/** Fields that are refused whenever they ask for something stand here too; `refusal` looks at their value. */
const ALLOWED_FIELDS: Record<Wire, ReadonlySet<string>> = {
  responses: new Set([
    ...SHARED_FIELDS,
    "background",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "prompt",
    "reasoning",
    "text",
    "truncation",
  ]),
  chat: new Set([
    ...SHARED_FIELDS,
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "modalities",
    "n",
    "prediction",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "stop",
    "verbosity",
    "web_search_options",
  ]),
};

/** Items that carry all that they cost in their own bytes. */
const ALLOWED_ITEMS = new Set([
  "additional_tools",
  "agent_message",
  "apply_patch_call",
  "apply_patch_call_output",
  "compaction",
  "compaction_trigger",
  "custom_tool_call",
  "custom_tool_call_output",
  "function_call",
  "function_call_output",
  "image_generation_call",
  "local_shell_call",
  "local_shell_call_output",
  "message",
  "reasoning",
  "shell_call",
  "shell_call_output",
  "tool_search_call",
  "tool_search_output",
  "web_search_call",
]);

const ALLOWED_PARTS = new Set([
  "computer_screenshot",
  "image_url",
  "input_image",
  "input_text",
  "output_text",
  "reasoning_text",
  "refusal",
  "summary_text",
  "text",
]);

/** The web search that the price book prices; the preview versions have prices of their own. */
const PRICED_WEB_SEARCH = new Set(["web_search", "web_search_2025_08_26"]);

export function walletPlan(facts: RequestFacts, price: Price, options: { webSearchCallsMax: number }): WalletPlan {
  const refused = refusal(facts);
  if (refused) return { kind: "cannot", ...refused };

  const edits: BodyEdit[] = [];
  const notes: string[] = [];
  if (facts.store === true || (facts.wire === "responses" && facts.store === null)) {
    edits.push({ op: "set", key: "store", json: "false" });
    notes.push("store set to false");
  }
  if (facts.serviceTier === "auto") {
    edits.push({ op: "set", key: "service_tier", json: '"default"' });
    notes.push("service_tier set to default");
  }
  if (facts.fields.includes("user")) {
    edits.push({ op: "remove", key: "user" });
    notes.push("user removed");
  }
  if (facts.webSearchTools.length > 0) {
    // On the chat wire no answer says how often it searched, so there it cannot be sold.
    const isSold = facts.wire === "responses" && price.sell.webSearchCall !== null && options.webSearchCallsMax > 0;
    const search = isSold ? capSearch(facts, options) : takeSearchOut(facts);
    if (search.kind === "cannot") return search;
    edits.push(...search.edits);
    notes.push(...search.notes);
  }
  return { kind: "can", edits, notes };
}

function refusal(facts: RequestFacts): Refusal | null {
  const unknown = facts.fields.find((field) => !ALLOWED_FIELDS[facts.wire].has(field));
  if (unknown !== undefined) return unbounded(unknown, `${unknown} is not supported on a wallet lane.`);
  if (facts.background) return unbounded("background", "background responses are not supported on a wallet lane.");
  if (facts.previousResponseId !== null) {
    return unbounded(
      "previous_response_id",
      "previous_response_id is not supported on a wallet lane: send the whole conversation as input.",
    );
  }
  if (facts.conversation !== null) {
    return unbounded("conversation", "conversation is not supported on a wallet lane: send the whole conversation as input.");
  }
  if (facts.promptTemplate) return unbounded("prompt", "Stored prompt templates are not supported on a wallet lane.");
  if (facts.n > 1) return unbounded("n", "n above 1 is not supported on a wallet lane.");
  if (facts.serviceTier !== null && facts.serviceTier !== "auto" && facts.serviceTier !== "default") {
    return unbounded("service_tier", `service_tier "${facts.serviceTier}" has no price on a wallet lane: use default.`);
  }
  if (facts.reasoningMode !== null && facts.reasoningMode !== "standard") {
    return unbounded("reasoning.mode", `reasoning.mode "${facts.reasoningMode}" has no price on a wallet lane: use standard.`);
  }
  if (facts.prediction) return unbounded("prediction", "prediction is not supported on a wallet lane.");
  if (facts.webSearchOptions) return unbounded("web_search_options", "web_search_options has no price on a wallet lane.");
  if (facts.audioOutput) return unbounded("modalities", "Audio output has no price on a wallet lane.");
  return contentRefusal(facts);
}

function contentRefusal(facts: RequestFacts): Refusal | null {
  const content = facts.wire === "responses" ? "input" : "messages";
  if (facts.audioInput) return unbounded(content, "Audio input has no price on a wallet lane.");
  if (facts.fileIds.length > 0) return unbounded(content, "Stored files are not supported on a wallet lane: send the content itself.");
  if (facts.filesCount > 0) return unbounded(content, "Files have no price on a wallet lane: send their text, or images.");
  if (facts.itemReferences) return unbounded(content, "References to stored items are not supported on a wallet lane: send the items.");
  const item = facts.itemTypes.find((type) => !ALLOWED_ITEMS.has(type));
  if (item !== undefined) return unbounded(content, `Items of type "${item}" are not supported on a wallet lane.`);
  const part = facts.partTypes.find((type) => !ALLOWED_PARTS.has(type));
  if (part !== undefined) return unbounded(content, `Content of type "${part}" is not supported on a wallet lane.`);
  const tool = facts.hostedTools.find((type) => !isWebSearch(type));
  if (tool !== undefined) return unbounded("tools", `The hosted tool "${tool}" has no price on a wallet lane.`);
  return null;
}

function takeSearchOut(facts: RequestFacts): WalletPlan {
  if (facts.chosenTools.some(isWebSearch)) {
    return { kind: "cannot", ...unbounded("tool_choice", "web_search has no price on this lane, so tool_choice cannot name it.") };
  }
  const edits = facts.webSearchTools.map((place): BodyEdit => ({ op: "removeElements", path: place.path, indexes: [place.index] }));
  return { kind: "can", edits, notes: ["web_search taken out: it has no price here"] };
}

function capSearch(facts: RequestFacts, options: { webSearchCallsMax: number }): WalletPlan {
  const unpriced = facts.webSearchTools.find((place) => !PRICED_WEB_SEARCH.has(place.type));
  if (unpriced) return { kind: "cannot", ...unbounded("tools", `The hosted tool "${unpriced.type}" has no price: use web_search.`) };
  if (facts.maxToolCalls !== null && facts.maxToolCalls <= options.webSearchCallsMax) return { kind: "can", edits: [], notes: [] };
  return {
    kind: "can",
    edits: [{ op: "set", key: "max_tool_calls", json: String(options.webSearchCallsMax) }],
    notes: [`max_tool_calls set to ${options.webSearchCallsMax}`],
  };
}

function unbounded(param: string, message: string): Refusal {
  return { param, message };
}
