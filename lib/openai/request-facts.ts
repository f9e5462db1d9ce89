import { AppError } from "@/lib/errors/app-error";
import { readParts } from "@/lib/openai/request-content";
import type { ContentFacts } from "@/lib/openai/request-content";
import type { BodyScan } from "@/lib/openai/json-scan";
import { isModelName, MODEL_NAME_LENGTH_MAX } from "@/lib/turns/model-name";

export type Wire = "responses" | "chat";

/**
 * What quote, lane capability and the wallet's rules need to know about one request. Only what is read here is
 * type-checked; all other fields go upstream as the client wrote them.
 */
export type RequestFacts = ContentFacts & {
  wire: Wire;
  /** Null: the client left it to the key's default model. */
  model: string | null;
  stream: boolean;
  /** The client's own ceiling for one answer; null: none. */
  outputTokensMax: number | null;
  /** The field in which this wire (and this client) states that ceiling. */
  outputTokensKey: "max_output_tokens" | "max_completion_tokens" | "max_tokens";
  bodyBytes: number;
  /** Every top-level field, in the order it is written. */
  fields: readonly string[];
  maxToolCalls: number | null;
  promptCacheKey: string | null;
  safetyIdentifier: string | null;
  user: string | null;
  previousResponseId: string | null;
  conversation: string | null;
  background: boolean;
  store: boolean | null;
  n: number;
  serviceTier: string | null;
  reasoningMode: string | null;
  /** Chat: whether the client itself asked for the usage chunk. */
  includeUsage: boolean;
  /** Chat: `stream_options` as sent, so that one member of it can be set without losing the others. */
  streamOptions: Readonly<Record<string, unknown>> | null;
  audioOutput: boolean;
  webSearchOptions: boolean;
  prediction: boolean;
  promptTemplate: boolean;
};

const OUTPUT_TOKENS_LIMIT = 10_000_000;
const CHOICES_LIMIT = 128;
const TOOL_CALLS_LIMIT = 10_000;

/** Throws `request_invalid` with the field's path when a field that we read has the wrong type. */
export function readFacts(wire: Wire, scan: BodyScan): RequestFacts {
  const body = scan.value;
  const streamOptions = optionalObject(body, "stream_options");
  const ceiling = outputCeiling(wire, body);
  const parts = readParts(wire, body);
  // Written out: spreads make the engine build such a wide object step by step, for every request.
  return {
    wire,
    model: readModel(body),
    stream: optionalBoolean(body, "stream") ?? false,
    outputTokensMax: ceiling.outputTokensMax,
    outputTokensKey: ceiling.outputTokensKey,
    bodyBytes: scan.byteLength,
    fields: [...scan.members.keys()],
    maxToolCalls: optionalInteger(body, "max_tool_calls", 1, TOOL_CALLS_LIMIT),
    promptCacheKey: optionalString(body, "prompt_cache_key"),
    safetyIdentifier: optionalString(body, "safety_identifier"),
    user: optionalString(body, "user"),
    previousResponseId: optionalString(body, "previous_response_id"),
    conversation: readConversation(body["conversation"]),
    background: optionalBoolean(body, "background") ?? false,
    store: optionalBoolean(body, "store"),
    n: optionalInteger(body, "n", 1, CHOICES_LIMIT) ?? 1,
    serviceTier: optionalString(body, "service_tier"),
    reasoningMode: optionalString(optionalObject(body, "reasoning") ?? {}, "mode", "reasoning.mode"),
    includeUsage: optionalBoolean(streamOptions ?? {}, "include_usage", "stream_options.include_usage") ?? false,
    streamOptions,
    audioOutput: isSet(body["audio"]) || readModalities(body["modalities"]).some((modality) => modality !== "text"),
    webSearchOptions: isSet(body["web_search_options"]),
    prediction: isSet(body["prediction"]),
    promptTemplate: isSet(body["prompt"]),
    imagesCount: parts.imagesCount,
    imageDataBytes: parts.imageDataBytes,
    remoteImages: parts.remoteImages,
    fileIds: parts.fileIds,
    filesCount: parts.filesCount,
    audioInput: parts.audioInput,
    itemReferences: parts.itemReferences,
    itemTypes: parts.itemTypes,
    partTypes: parts.partTypes,
    toolTypes: parts.toolTypes,
    hostedTools: parts.hostedTools,
    webSearchTools: parts.webSearchTools,
    chosenTools: parts.chosenTools,
  };
}

function outputCeiling(wire: Wire, body: BodyScan["value"]): Pick<RequestFacts, "outputTokensMax" | "outputTokensKey"> {
  if (wire === "responses") {
    return { outputTokensKey: "max_output_tokens", outputTokensMax: optionalInteger(body, "max_output_tokens", 1, OUTPUT_TOKENS_LIMIT) };
  }
  const current = optionalInteger(body, "max_completion_tokens", 1, OUTPUT_TOKENS_LIMIT);
  const legacy = optionalInteger(body, "max_tokens", 1, OUTPUT_TOKENS_LIMIT);
  if (current !== null && legacy !== null) {
    throw invalid("max_tokens", "Send either max_completion_tokens or max_tokens, not both.");
  }
  if (legacy !== null) return { outputTokensKey: "max_tokens", outputTokensMax: legacy };
  return { outputTokensKey: "max_completion_tokens", outputTokensMax: current };
}

/** It becomes part of rows and headers on every lane. */
function readModel(body: BodyScan["value"]): string | null {
  const model = optionalString(body, "model");
  if (model === null || isModelName(model)) return model;
  throw invalid("model", `model must be a name of 1 to ${MODEL_NAME_LENGTH_MAX} characters, without control characters.`);
}

function readConversation(value: unknown): string | null {
  if (!isSet(value)) return null;
  if (typeof value === "string") return value;
  if (typeof value === "object" && !Array.isArray(value)) {
    const id = optionalString(value as Record<string, unknown>, "id", "conversation.id");
    if (id !== null) return id;
  }
  throw invalid("conversation", "conversation must be an id, or an object with an id.");
}

function readModalities(value: unknown): unknown[] {
  if (!isSet(value)) return [];
  if (!Array.isArray(value)) throw invalid("modalities", "modalities must be an array.");
  return value;
}

function isSet(value: unknown): value is string | number | boolean | object {
  return value !== undefined && value !== null;
}

function optionalString(body: Readonly<Record<string, unknown>>, key: string, param = key): string | null {
  const value = body[key];
  if (!isSet(value)) return null;
  if (typeof value !== "string") throw invalid(param, `${param} must be a string.`);
  return value;
}

function optionalBoolean(body: Readonly<Record<string, unknown>>, key: string, param = key): boolean | null {
  const value = body[key];
  if (!isSet(value)) return null;
  if (typeof value !== "boolean") throw invalid(param, `${param} must be true or false.`);
  return value;
}

function optionalInteger(body: Readonly<Record<string, unknown>>, key: string, min: number, max: number): number | null {
  const value = body[key];
  if (!isSet(value)) return null;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(key, `${key} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

function optionalObject(body: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> | null {
  const value = body[key];
  if (!isSet(value)) return null;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(key, `${key} must be an object.`);
  return value as Record<string, unknown>;
}

function invalid(param: string, message: string): AppError {
  return new AppError("request_invalid", message, { param });
}
