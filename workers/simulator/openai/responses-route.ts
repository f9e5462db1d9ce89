import { randomUUID } from "node:crypto";
import { type Behaviour, behaviourInPrompt } from "@/workers/simulator/openai/behaviour";
import { composeReply } from "@/workers/simulator/openai/compose-reply";
import { countTextTokens, countTokens, type PromptCache } from "@/workers/simulator/openai/count-tokens";
import type { EncryptedContent } from "@/workers/simulator/openai/encrypted-content";
import { findModel, type SimulatedModel } from "@/workers/simulator/openai/model-list";
import { asArray, asObject, type JsonObject, readResponsesPrompt } from "@/workers/simulator/openai/read-prompt";
import { contextTooLong, invalidRequest, modelNotFound } from "@/workers/simulator/openai/refusals";
import {
  billedText,
  cutMessage,
  deltasFor,
  finishedResponse,
  itemFor,
  type OutputItem,
  reasoningItem,
  type ResponsePlan,
  responseFrames,
} from "@/workers/simulator/openai/responses-events";
import { type Answer, refuse } from "@/workers/simulator/openai/send-answer";
import { shapeUsage } from "@/workers/simulator/openai/shape-usage";
import type { StoredResponses } from "@/workers/simulator/openai/stored-responses";

export type ResponsesRoute = { stored: StoredResponses; cache: PromptCache; encrypted: EncryptedContent; eventsPerStream: number };

const REASONING_TOKENS_BY_EFFORT: Readonly<Record<string, number>> = { none: 0, minimal: 4, low: 16, medium: 64, high: 256, xhigh: 1024 };

/** `POST /v1/responses`. */
export function createResponse(body: JsonObject, owner: string, given: Behaviour | null, route: ResponsesRoute): Answer {
  const previous = typeof body.previous_response_id === "string" ? route.stored.find(body.previous_response_id, owner) : null;
  const input = [...(previous?.history ?? []), ...readInput(body.input)];
  const prompt = readResponsesPrompt(body, input);
  const behaviour = given ?? behaviourInPrompt(prompt.text) ?? {};
  if (behaviour.refuse) return refuse(behaviour.refuse, behaviour);

  if (typeof body.model !== "string") return refuse(missing("model"), behaviour);
  if (body.input === undefined && body.prompt === undefined) return refuse(missing("input"), behaviour);
  if (previous === undefined) {
    const text = `Previous response with id '${String(body.previous_response_id)}' not found.`;
    return refuse(invalidRequest(text, "previous_response_id", "previous_response_not_found"), behaviour);
  }
  const model = findModel(body.model);
  if (model === null) return refuse(modelNotFound(body.model), behaviour);
  const foreign = input.findIndex((item) => typeof item.encrypted_content === "string" && !route.encrypted.isOurs(item.encrypted_content));
  if (foreign >= 0) {
    const text = `The encrypted content for item ${String(input[foreign]?.id)} could not be verified.`;
    return refuse(invalidRequest(text, `input[${foreign}]`, "invalid_encrypted_content"), behaviour);
  }
  const inputTokens = countTokens([body.instructions, body.tools, input]);
  if (inputTokens > model.contextTokensMax) return refuse(contextTooLong("input"), behaviour);

  const plan = planResponse({ body, model, prompt, behaviour, inputTokens, input, route });
  const finished = finishedResponse(plan);
  if (body.store !== false) route.stored.keep({ owner, response: finished, history: [...input, ...plan.items] });
  if (body.background === true && body.stream !== true) return json(route.stored.queue(finished), behaviour);
  if (body.stream === true) return { kind: "stream", frames: responseFrames(plan), behaviour };
  return json(
    behaviour.fail ? { ...finished, status: "failed", error: { code: behaviour.fail.code, message: behaviour.fail.message } } : finished,
    behaviour,
  );
}

type Generation = {
  body: JsonObject;
  model: SimulatedModel;
  prompt: ReturnType<typeof readResponsesPrompt>;
  behaviour: Behaviour;
  inputTokens: number;
  input: JsonObject[];
  route: ResponsesRoute;
};

function planResponse({ body, model, prompt, behaviour, inputTokens, input, route }: Generation): ResponsePlan {
  const huge = behaviour.hugeEventBytes;
  const parts = behaviour.parts ?? (huge === undefined ? composeReply(prompt) : [{ kind: "message" as const, text: "x".repeat(huge) }]);
  const items = parts.map((part) => itemFor(part, route.encrypted.mint));

  const outputTokensMax = typeof body.max_output_tokens === "number" ? body.max_output_tokens : Number.POSITIVE_INFINITY;
  const reasoningTokens = Math.min(outputTokensMax, reasoningTokensFor(body, model));
  const limited = limitItems(items, outputTokensMax - reasoningTokens);
  const wantsEncrypted = Array.isArray(body.include) && body.include.includes("reasoning.encrypted_content");
  const reasoning = model.reasons && wantsEncrypted ? [reasoningItem(route.encrypted.mint("simulated reasoning"))] : [];

  const cached =
    typeof body.prompt_cache_key === "string"
      ? route.cache.cachedTokens(body.prompt_cache_key, [body.instructions, body.tools, ...input])
      : 0;
  const outputTokens = limited.tokens + reasoningTokens;
  const usage = {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: Math.min(cached, inputTokens), cache_write_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  };
  return {
    base: responseBase(body, model, behaviour, limited.complete),
    items: [...reasoning, ...limited.items],
    usage: shapeUsage(usage, behaviour.usage),
    status: limited.complete ? "completed" : "incomplete",
    deltas: huge === undefined ? deltasFor(route.eventsPerStream) : 1,
    behaviour,
  };
}

/** Keeps the items that fit; the one that does not is cut, as a model that hits its limit leaves it. */
function limitItems(items: OutputItem[], tokensMax: number): { items: OutputItem[]; tokens: number; complete: boolean } {
  const kept: OutputItem[] = [];
  let tokens = 0;
  for (const item of items) {
    const cost = countTextTokens(billedText(item));
    if (tokens + cost > tokensMax) {
      if (item.type === "message") kept.push(cutMessage(item, tokensMax - tokens));
      return { items: kept, tokens: tokensMax, complete: false };
    }
    kept.push(item);
    tokens += cost;
  }
  return { items: kept, tokens, complete: true };
}

function reasoningTokensFor(body: JsonObject, model: SimulatedModel): number {
  if (!model.reasons) return 0;
  const effort = asObject(body.reasoning)?.effort;
  return REASONING_TOKENS_BY_EFFORT[typeof effort === "string" ? effort : "medium"] ?? 64;
}

function responseBase(body: JsonObject, model: SimulatedModel, behaviour: Behaviour, complete: boolean): JsonObject {
  const tier = body.service_tier === undefined || body.service_tier === "auto" ? "default" : body.service_tier;
  return {
    id: `resp_${randomUUID().replaceAll("-", "")}`,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    background: body.background === true,
    error: null,
    incomplete_details: complete ? null : { reason: "max_output_tokens" },
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    metadata: body.metadata ?? {},
    model: behaviour.servedModel ?? body.model,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: model.reasons ? { effort: "medium", summary: null, ...asObject(body.reasoning) } : { effort: null, summary: null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: behaviour.servedTier ?? tier,
    store: body.store !== false,
    temperature: body.temperature ?? 1,
    text: { format: { type: "text" }, verbosity: "medium", ...asObject(body.text) },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? "disabled",
    user: body.user ?? null,
  };
}

function readInput(input: unknown): JsonObject[] {
  return typeof input === "string" ? [{ type: "message", role: "user", content: input }] : asArray(input);
}

function missing(param: string) {
  return invalidRequest(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

function json(body: unknown, behaviour: Behaviour): Answer {
  return { kind: "json", status: 200, body, behaviour };
}
