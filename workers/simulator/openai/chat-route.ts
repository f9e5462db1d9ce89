import { randomUUID } from "node:crypto";
import { type Behaviour, behaviourInPrompt, type ReplyPart } from "@/workers/simulator/openai/behaviour";
import { composeReply } from "@/workers/simulator/openai/compose-reply";
import { countTextTokens, countTokens, cutToTokens, type PromptCache } from "@/workers/simulator/openai/count-tokens";
import { findModel } from "@/workers/simulator/openai/model-list";
import { asArray, asObject, type JsonObject, readChatPrompt } from "@/workers/simulator/openai/read-prompt";
import { contextTooLong, invalidRequest, modelNotFound } from "@/workers/simulator/openai/refusals";
import { type Answer, refuse } from "@/workers/simulator/openai/send-answer";
import { shapeUsage } from "@/workers/simulator/openai/shape-usage";
import { splitText } from "@/workers/simulator/openai/split-text";

/** Events of a plain chat stream besides its text deltas: role, finish, `[DONE]`. */
const FIXED_EVENTS = 3;
const CHOICES_MAX = 128;

type Generation = { text: string; calls: JsonObject[]; tokens: number; finishReason: "stop" | "length" | "tool_calls" };

/** `POST /v1/chat/completions`. */
export function createChatCompletion(
  body: JsonObject,
  given: Behaviour | null,
  route: { cache: PromptCache; eventsPerStream: number },
): Answer {
  const prompt = readChatPrompt(body);
  const behaviour = given ?? behaviourInPrompt(prompt.text) ?? {};
  if (behaviour.refuse) return refuse(behaviour.refuse, behaviour);
  if (typeof body.model !== "string") return refuse(invalidRequest("you must provide a model parameter"), behaviour);
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    return refuse(invalidRequest("Missing required parameter: 'messages'.", "messages", "missing_required_parameter"), behaviour);
  }
  const model = findModel(body.model);
  if (model === null) return refuse(modelNotFound(body.model), behaviour);
  const promptTokens = countTokens([body.tools, body.messages]);
  if (promptTokens > model.contextTokensMax) return refuse(contextTooLong("messages"), behaviour);

  const choices = typeof body.n === "number" ? Math.min(CHOICES_MAX, Math.max(1, body.n)) : 1;
  const generation = generate(body, behaviour, composeReply(prompt));
  const cached =
    typeof body.prompt_cache_key === "string"
      ? route.cache.cachedTokens(body.prompt_cache_key, [body.tools, ...asArray(body.messages)])
      : 0;
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: generation.tokens * choices,
    total_tokens: promptTokens + generation.tokens * choices,
    prompt_tokens_details: { cached_tokens: Math.min(cached, promptTokens), audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  };
  const base = {
    id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
    created: Math.floor(Date.now() / 1000),
    model: behaviour.servedModel ?? body.model,
    service_tier: behaviour.servedTier ?? "default",
    system_fingerprint: "fp_simulator",
  };
  const shaped = shapeUsage(usage, behaviour.usage);
  if (body.stream === true) {
    const includeUsage = asObject(body.stream_options)?.include_usage === true;
    const deltas = behaviour.hugeEventBytes === undefined ? Math.max(1, route.eventsPerStream - FIXED_EVENTS) : 1;
    return { kind: "stream", frames: chatFrames({ base, generation, choices, deltas, usage: shaped, includeUsage, behaviour }), behaviour };
  }
  return {
    kind: "json",
    status: 200,
    behaviour,
    body: {
      ...base,
      object: "chat.completion",
      choices: Array.from({ length: choices }, (_, index) => ({
        index,
        message: {
          role: "assistant",
          content: generation.calls.length > 0 ? null : generation.text,
          refusal: null,
          annotations: [],
          ...(generation.calls.length > 0 ? { tool_calls: generation.calls } : {}),
        },
        logprobs: null,
        finish_reason: generation.finishReason,
      })),
      ...(shaped === undefined ? {} : { usage: shaped }),
    },
  };
}

function generate(body: JsonObject, behaviour: Behaviour, composed: ReplyPart[]): Generation {
  const parts = behaviour.parts ?? composed;
  const whole =
    behaviour.hugeEventBytes === undefined
      ? parts.map((part) => (part.kind === "message" ? part.text : "")).join("")
      : "x".repeat(behaviour.hugeEventBytes);
  const calls = parts.flatMap((part) =>
    part.kind === "function_call"
      ? { id: `call_${randomUUID().replaceAll("-", "")}`, type: "function", function: { name: part.name, arguments: part.arguments } }
      : [],
  );
  const limit = body.max_completion_tokens ?? body.max_tokens;
  const tokensMax = typeof limit === "number" ? limit : Number.POSITIVE_INFINITY;
  const tokens = countTextTokens(whole) + calls.reduce((sum, call) => sum + countTextTokens(call.function.arguments), 0);
  if (tokens > tokensMax) return { text: cutToTokens(whole, tokensMax), calls: [], tokens: tokensMax, finishReason: "length" };
  return { text: whole, calls, tokens, finishReason: calls.length > 0 ? "tool_calls" : "stop" };
}

type ChatStream = {
  base: JsonObject;
  generation: Generation;
  choices: number;
  deltas: number;
  usage: JsonObject | undefined;
  includeUsage: boolean;
  behaviour: Behaviour;
};

/** With `include_usage` every chunk carries `usage: null`, and one more chunk without choices carries the counts. */
function* chatFrames({ base, generation, choices, deltas, usage, includeUsage, behaviour }: ChatStream): Generator<string> {
  const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
  const head = { ...base, object: "chat.completion.chunk" };
  const chunk = (index: number, delta: JsonObject, finishReason: string | null = null): string =>
    frame({ ...head, choices: [{ index, delta, logprobs: null, finish_reason: finishReason }], ...(includeUsage ? { usage: null } : {}) });
  const failure =
    behaviour.fail && frame({ error: { message: behaviour.fail.message, type: "server_error", param: null, code: behaviour.fail.code } });
  if (failure && behaviour.fail?.when === "before_content") {
    yield failure;
    return;
  }
  for (let index = 0; index < choices; index += 1) {
    yield chunk(index, { role: "assistant", content: generation.calls.length > 0 ? null : "", refusal: null });
    for (const content of splitText(generation.text, deltas)) yield chunk(index, { content });
    for (const [at, call] of generation.calls.entries()) {
      const { name, arguments: args } = call.function as { name: string; arguments: string };
      yield chunk(index, { tool_calls: [{ index: at, id: call.id, type: "function", function: { name, arguments: "" } }] });
      for (const part of splitText(args, deltas)) yield chunk(index, { tool_calls: [{ index: at, function: { arguments: part } }] });
    }
    if (failure) {
      yield failure;
      return;
    }
    yield chunk(index, {}, generation.finishReason);
    if (behaviour.duplicateTerminal) yield chunk(index, {}, generation.finishReason);
  }
  if (includeUsage && usage !== undefined) yield frame({ ...head, choices: [], usage });
  yield "data: [DONE]\n\n";
}
