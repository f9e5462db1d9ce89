import { z } from "zod";
import {
  chatChunkSchema,
  chatCompletionSchema,
  chatRequestSchema,
  deletedSchema,
  modelSchema,
  modelsSchema,
  responseSchema,
  responsesEventSchema,
  responsesRequestSchema,
  storedItemsSchema,
} from "@/lib/api-spec/generation-schemas";
import type { HeaderName, RequestHeaderName } from "@/lib/api-spec/headers";
import type { ApiAnswer, ApiOperation } from "@/lib/api-spec/operation";
import type { AppErrorCode } from "@/lib/errors/app-error";

/** What every call with an API key can be refused with. */
export const KEY_ERRORS: readonly AppErrorCode[] = ["key_invalid", "key_revoked", "key_expired", "ip_not_allowed", "paused", "internal"];

const GATEWAY_ERRORS: readonly AppErrorCode[] = [...KEY_ERRORS, "request_invalid", "upstream_unavailable", "upgrade_required"];

const GENERATION_ERRORS: readonly AppErrorCode[] = [
  ...GATEWAY_ERRORS,
  "wallet_empty",
  "wallet_busy",
  "budget_reached",
  "rate_limited",
  "lanes_exhausted",
  "lane_busy",
  "model_not_allowed",
  "model_not_found",
  "lane_cannot",
  "context_too_long",
  "body_too_large",
  "encoding_unsupported",
];

const OWN_KEY_ERRORS: readonly AppErrorCode[] = [...GATEWAY_ERRORS, "rate_limited", "budget_reached", "lane_cannot"];
const MIRROR_ERRORS: readonly AppErrorCode[] = [...OWN_KEY_ERRORS, "model_not_allowed"];
const STORED_ERRORS: readonly AppErrorCode[] = [...OWN_KEY_ERRORS, "not_found"];

const GENERATION_HEADERS: readonly RequestHeaderName[] = [
  "idempotency-key",
  "content-encoding",
  "user-agent",
  "originator",
  "x-stainless-retry-count",
  "thread-id",
  "x-codex-turn-metadata",
];

const ANSWERED: readonly HeaderName[] = ["x-request-id", "x-switchyard-lane", "x-switchyard-simulated"];
const GENERATED: readonly HeaderName[] = [
  ...ANSWERED,
  "x-switchyard-ignored",
  "openai-processing-ms",
  "x-codex-turn-state",
  "x-ratelimit-*",
];
const MIRRORED: readonly HeaderName[] = [...ANSWERED, "openai-processing-ms", "x-ratelimit-*"];
const LISTED: readonly HeaderName[] = ["etag", "cache-control", "x-switchyard-simulated"];
const NOT_MODIFIED: ApiAnswer = { status: 304, description: "Nothing has changed since the version of if-none-match.", headers: LISTED };

const responseId = z.object({
  response_id: z.string().meta({ description: "A response that your own key has stored.", example: "resp_0193c1f2a4b5" }),
});

const STORED = "Only on the lane that made it, and only for its owner: somebody else's id and one that never was answer the same.";

export const GATEWAY_OPERATIONS: readonly ApiOperation[] = [
  {
    id: "createResponse",
    method: "post",
    path: "/v1/responses",
    tag: "Responses",
    summary: "Create a response",
    description:
      "OpenAI's Responses API, which Codex speaks. The request goes to the first of your lanes that can take it: a ChatGPT account, your own key, or the wallet.",
    access: "key",
    headers: GENERATION_HEADERS,
    body: { schema: responsesRequestSchema, example: { input: "Say hello" } },
    answers: [
      {
        status: 200,
        description: "The response, or with stream its events.",
        headers: GENERATED,
        content: { "application/json": responseSchema },
        event: responsesEventSchema,
      },
    ],
    errors: GENERATION_ERRORS,
    sdk: { python: "responses.create", node: "responses.create" },
    byCodex: true,
  },
  {
    id: "getResponse",
    method: "get",
    path: "/v1/responses/{response_id}",
    tag: "Responses",
    summary: "Get a stored response",
    description: STORED,
    access: "key",
    params: responseId,
    answers: [{ status: 200, description: "The response.", headers: MIRRORED, content: { "application/json": responseSchema } }],
    errors: STORED_ERRORS,
    sdk: { python: "responses.retrieve", node: "responses.retrieve", positional: ["response_id"] },
  },
  {
    id: "deleteResponse",
    method: "delete",
    path: "/v1/responses/{response_id}",
    tag: "Responses",
    summary: "Delete a stored response",
    description: STORED,
    access: "key",
    params: responseId,
    answers: [{ status: 200, description: "It is gone.", headers: MIRRORED, content: { "application/json": deletedSchema } }],
    errors: STORED_ERRORS,
    sdk: { python: "responses.delete", node: "responses.delete", positional: ["response_id"] },
  },
  {
    id: "cancelResponse",
    method: "post",
    path: "/v1/responses/{response_id}/cancel",
    tag: "Responses",
    summary: "Cancel a background response",
    description: STORED,
    access: "key",
    params: responseId,
    answers: [{ status: 200, description: "The response.", headers: MIRRORED, content: { "application/json": responseSchema } }],
    errors: STORED_ERRORS,
    sdk: { python: "responses.cancel", node: "responses.cancel", positional: ["response_id"] },
  },
  {
    id: "listInputItems",
    method: "get",
    path: "/v1/responses/{response_id}/input_items",
    tag: "Responses",
    summary: "List the input of a stored response",
    description: STORED,
    access: "key",
    params: responseId,
    answers: [{ status: 200, description: "Its items.", headers: MIRRORED, content: { "application/json": storedItemsSchema } }],
    errors: STORED_ERRORS,
    sdk: { python: "responses.input_items.list", node: "responses.inputItems.list", positional: ["response_id"] },
  },
  {
    id: "createChatCompletion",
    method: "post",
    path: "/v1/chat/completions",
    tag: "Chat",
    summary: "Create a chat completion",
    description: "OpenAI's Chat Completions API, over the same lanes.",
    access: "key",
    headers: GENERATION_HEADERS,
    body: { schema: chatRequestSchema, example: { messages: [{ role: "user", content: "Say hello" }] } },
    answers: [
      {
        status: 200,
        description: "The completion, or with stream its chunks.",
        headers: GENERATED,
        content: { "application/json": chatCompletionSchema },
        event: chatChunkSchema,
      },
    ],
    errors: GENERATION_ERRORS,
    sdk: { python: "chat.completions.create", node: "chat.completions.create" },
  },
  {
    id: "listModels",
    method: "get",
    path: "/v1/models",
    tag: "Models",
    summary: "List models",
    description:
      "What this key may use and the price book sells, in one body for SDKs and for Codex. Models that only your own key knows are not listed.",
    access: "key",
    headers: ["if-none-match"],
    answers: [{ status: 200, description: "The models.", headers: LISTED, content: { "application/json": modelsSchema } }, NOT_MODIFIED],
    errors: GATEWAY_ERRORS,
    sdk: { python: "models.list", node: "models.list" },
  },
  {
    id: "getModel",
    method: "get",
    path: "/v1/models/{model}",
    tag: "Models",
    summary: "Get a model",
    description: "One of those that GET /v1/models lists.",
    access: "key",
    params: z.object({ model: z.string().meta({ description: "Its id.", example: "gpt-5.5" }) }),
    answers: [{ status: 200, description: "The model.", headers: LISTED, content: { "application/json": modelSchema } }],
    errors: [...GATEWAY_ERRORS, "model_not_found"],
    sdk: { python: "models.retrieve", node: "models.retrieve", positional: ["model"] },
  },
  ...(["get", "post", "delete"] as const).map((method): ApiOperation => ({
    id: { get: "getOwnKey", post: "postOwnKey", delete: "deleteOwnKey" }[method],
    method,
    path: "/v1/{path}",
    tag: "Your own key",
    summary: { get: "Read anything else", post: "Send anything else", delete: "Delete anything else" }[method],
    description: `Every other address of OpenAI's API, such as ${{ get: "files", post: "embeddings", delete: "files/file-abc" }[method]}, goes as it is to the first lane of your own key and to no other. PUT, PATCH and HEAD do too. Bodies stream through in both directions; what it costs is between you and OpenAI.${method === "post" ? " A key that is limited to certain models cannot be used here." : ""}`,
    access: "key",
    params: z.object({
      path: z.string().meta({
        description: "Anything but what stands above; it may hold slashes.",
        example: { get: "files", post: "embeddings", delete: "files/file-abc" }[method],
      }),
    }),
    ...(method === "post" && {
      body: {
        schema: z.looseObject({}).meta({ description: "As OpenAI's API takes it. Any media type." }),
        example: { model: "text-embedding-3-small", input: "hello" },
      },
    }),
    answers: [{ status: 200, description: "What OpenAI answered, with its status.", headers: MIRRORED, content: { "*/*": z.unknown() } }],
    errors: method === "post" ? MIRROR_ERRORS : OWN_KEY_ERRORS,
  })),
];
