import { AppError } from "@/lib/errors/app-error";
import { readChatItems } from "@/lib/turns/read-chat-items";
import { readResponsesItems } from "@/lib/turns/read-responses-items";
import { asDict, asList, isSet } from "@/lib/turns/json-value";
import { isToolName, toolAlias } from "@/lib/turns/tool-alias";
import { message } from "@/lib/turns/turn-item";
import type { Dict } from "@/lib/turns/json-value";
import type { TurnItem } from "@/lib/turns/turn-item";
import type { Wire } from "@/lib/openai/request-facts";

/** A request of either wire, as an engine needs it. */
export type TurnRequest = {
  wire: Wire;
  /** Never empty, and nothing in it that Codex would drop. */
  items: readonly TurnItem[];
  tools: readonly TurnTool[];
  outputSchema: Dict | null;
  effort: string | null;
  summary: "auto" | "concise" | "detailed" | "none";
  verbosity: string | null;
  stops: readonly string[];
  /** The client's own ceiling. */
  outputTokensMax: number | null;
  parallelToolCalls: boolean;
  encryptedReasoning: boolean;
  /** Responses: what the answer repeats of the request. */
  echo: Dict;
};

/** `name` is the alias that the model sees. */
export type TurnTool = { name: string; description: string; parameters: Dict };

const STOPS_MAX = 4;
const STOP_LENGTH_MAX = 1_000;
const TOOLS_MAX = 512;
const SUMMARIES = new Set(["auto", "concise", "detailed"]);
const JSON_ONLY = "Answer with one valid JSON object and nothing else: no code fence, no words around it.";

/** Throws `request_invalid`. Whether the lane can do what is asked for has been judged before (`judgeForCodex`). */
export function readTurn(wire: Wire, body: Dict): TurnRequest {
  const format = wire === "chat" ? chatFormat(body) : responsesFormat(body);
  const said = wire === "chat" ? readChatItems(body["messages"]) : readResponsesItems(body["instructions"], body["input"]);
  if (said.length === 0) {
    const param = wire === "chat" ? "messages" : "input";
    throw new AppError("request_invalid", `${param} must hold at least one message.`, { param });
  }
  checkCalls(said, wire);
  const reasoning = asDict(body["reasoning"]) ?? {};
  const summary = reasoning["summary"] ?? reasoning["generate_summary"];
  return {
    wire,
    items: format.isJsonObject ? [message("developer", JSON_ONLY), ...said] : said,
    tools: body["tool_choice"] === "none" ? [] : readTools(wire, body["tools"]),
    outputSchema: format.schema,
    effort: text(wire === "chat" ? body["reasoning_effort"] : reasoning["effort"]),
    summary: SUMMARIES.has(summary as string) ? (summary as "auto" | "concise" | "detailed") : "none",
    verbosity: text(wire === "chat" ? body["verbosity"] : asDict(body["text"])?.["verbosity"]),
    stops: wire === "chat" ? readStops(body["stop"]) : [],
    outputTokensMax: wholeNumber(body["max_output_tokens"] ?? body["max_completion_tokens"] ?? body["max_tokens"]),
    parallelToolCalls: body["parallel_tool_calls"] !== false,
    encryptedReasoning: asList(body["include"]).includes("reasoning.encrypted_content"),
    echo: wire === "chat" ? {} : echoOf(body),
  };
}

type Format = { schema: Dict | null; isJsonObject: boolean };

function chatFormat(body: Dict): Format {
  const format = asDict(body["response_format"]);
  return readFormat(format?.["type"], asDict(format?.["json_schema"])?.["schema"], "response_format.json_schema.schema");
}

function responsesFormat(body: Dict): Format {
  const format = asDict(asDict(body["text"])?.["format"]);
  return readFormat(format?.["type"], format?.["schema"], "text.format.schema");
}

function readFormat(type: unknown, schema: unknown, param: string): Format {
  if (type !== "json_schema") return { schema: null, isJsonObject: type === "json_object" };
  const read = asDict(schema);
  if (read === null) throw new AppError("request_invalid", `${param} must be a JSON Schema.`, { param });
  return { schema: read, isJsonObject: false };
}

function readTools(wire: Wire, tools: unknown): TurnTool[] {
  const list = asList(tools);
  if (list.length > TOOLS_MAX) throw new AppError("request_invalid", `tools may hold at most ${TOOLS_MAX}.`, { param: "tools" });
  const names = new Set<string>();
  return list.map((entry, index) => {
    const tool = asDict(entry) ?? {};
    const definition = (wire === "chat" ? asDict(tool["function"]) : tool) ?? {};
    const param = `tools[${index}]${wire === "chat" ? ".function" : ""}.name`;
    const name = text(definition["name"]);
    if (name === null || !isToolName(name)) {
      throw new AppError("request_invalid", `${param} must be 1 to 125 letters, digits, "_" or "-".`, { param });
    }
    if (names.has(name)) throw new AppError("request_invalid", `${param} "${name}" stands twice.`, { param });
    names.add(name);
    const parameters = asDict(definition["parameters"]) ?? { type: "object", properties: {} };
    return { name: toolAlias(name), description: text(definition["description"]) ?? "", parameters };
  });
}

/** Codex drops an output without its call, and invents one for a call without output: both would change what was said. */
function checkCalls(items: readonly TurnItem[], wire: Wire): void {
  const param = wire === "chat" ? "messages" : "input";
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const item of items) {
    if (item.type === "function_call") {
      if (seen.has(item.call_id)) throw new AppError("request_invalid", `The tool call ${item.call_id} stands twice.`, { param });
      seen.add(item.call_id);
      open.add(item.call_id);
    } else if (item.type === "function_call_output" && !open.delete(item.call_id)) {
      throw new AppError("request_invalid", `No tool call found for the output of ${item.call_id}.`, { param });
    }
  }
  const [left] = open;
  if (left !== undefined) throw new AppError("request_invalid", `No tool output found for the call ${left}.`, { param });
}

function readStops(value: unknown): string[] {
  if (!isSet(value)) return [];
  const stops = typeof value === "string" ? [value] : asList(value);
  const readable = stops.filter((stop): stop is string => typeof stop === "string" && stop !== "" && stop.length <= STOP_LENGTH_MAX);
  if (stops.length > STOPS_MAX || readable.length !== stops.length || (stops.length === 0 && !Array.isArray(value))) {
    throw new AppError("request_invalid", `stop must be up to ${STOPS_MAX} texts of 1 to ${STOP_LENGTH_MAX} characters.`, {
      param: "stop",
    });
  }
  return readable;
}

/** The members that the SDK expects in every response, with what they are on this lane where the client said nothing. */
function echoOf(body: Dict): Dict {
  const reasoning = asDict(body["reasoning"]) ?? {};
  const asked = asDict(body["text"]) ?? {};
  return {
    background: false,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: body["max_tool_calls"] ?? null,
    metadata: body["metadata"] ?? {},
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: null,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    reasoning: { effort: reasoning["effort"] ?? null, summary: reasoning["summary"] ?? null },
    safety_identifier: body["safety_identifier"] ?? null,
    service_tier: "default",
    store: false,
    temperature: null,
    text: { format: asked["format"] ?? { type: "text" }, verbosity: asked["verbosity"] ?? "medium" },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: asList(body["tools"]).map((tool) => ({ strict: false, parameters: null, ...asDict(tool) })),
    top_logprobs: 0,
    top_p: null,
    truncation: "disabled",
    user: body["user"] ?? null,
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : null;
}
