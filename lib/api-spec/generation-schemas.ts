import { z } from "zod";
import { count, flag, text } from "@/lib/api-spec/shared-schemas";
import { wireFields } from "@/lib/api-spec/wire-fields";
import { MODEL_NAME_LENGTH_MAX } from "@/lib/turns/model-name";

/** Of one answer, in tokens. */
const OUTPUT_TOKENS_MAX = 10_000_000;
const CHOICES_MAX = 128;
const TOOL_CALLS_MAX = 10_000;

const words = (description: string) => z.string().optional().meta({ description });
const yesNo = (description: string) => z.boolean().optional().meta({ description });
const dict = (description: string) => z.looseObject({}).optional().meta({ description });
const number = (min: number, max: number, description: string) => z.number().min(min).max(max).optional().meta({ description });
const whole = (min: number, max: number, description: string) => z.int().min(min).max(max).optional().meta({ description });

const tool = z
  .looseObject({
    type: text("function, custom, namespace, web_search, …"),
    name: words("Of a function."),
    description: words("When the model should call it."),
    parameters: dict("A JSON Schema."),
  })
  .meta({
    description:
      "Tools that the client runs go everywhere. Of hosted tools the wallet sells web_search alone, and only where it has a price.",
  });

const shared = {
  model: z
    .string()
    .min(1)
    .max(MODEL_NAME_LENGTH_MAX)
    .optional()
    .meta({ description: "A model of GET /v1/models. May be left out where the API key has a default model." }),
  stream: yesNo("Send the answer as server-sent events while it is made."),
  tools: z.array(tool).optional().meta({ description: "What the model may call." }),
  tool_choice: z
    .union([z.string(), z.looseObject({})])
    .optional()
    .meta({ description: "auto, none, required, or one tool." }),
  parallel_tool_calls: yesNo("Whether the model may call several tools at once."),
  temperature: number(0, 2, "Higher is more varied."),
  top_p: number(0, 1, "The part of the probability from which tokens are drawn."),
  top_logprobs: whole(0, 20, "Probabilities of so many tokens."),
  metadata: dict("Up to 16 pairs of texts of your own."),
  store: yesNo("Whether the upstream keeps the answer. On the wallet it is set to false."),
  service_tier: words("auto or default. Other tiers have no price on the wallet."),
  prompt_cache_key: words("Requests with the same key stay on one lane where they can."),
  prompt_cache_options: dict("For the upstream's cache."),
  prompt_cache_retention: words("For the upstream's cache."),
  safety_identifier: words("Your name for your user. Goes to your own key only; the wallet sends one of its own."),
  user: words("The older form of safety_identifier. Taken out on the wallet."),
  client_metadata: dict("Codex's own."),
};

export const responsesRequestSchema = wireFields("responses", {
  ...shared,
  input: z
    .union([
      z.string(),
      z.array(
        z.looseObject({
          type: words("message where it is left out and role is there."),
          role: words("user, assistant, system or developer."),
          content: z
            .union([z.string(), z.array(z.looseObject({ type: text("input_text, input_image, …") }))])
            .optional()
            .meta({ description: "Text, or parts." }),
        }),
      ),
    ])
    .optional()
    .meta({ description: "The conversation: a text, or items." }),
  instructions: words("What the model is told before the conversation."),
  max_output_tokens: whole(1, OUTPUT_TOKENS_MAX, "The longest answer, reasoning included. On the wallet it bounds what is held."),
  max_tool_calls: whole(1, TOOL_CALLS_MAX, "The most calls of hosted tools."),
  reasoning: z
    .looseObject({
      effort: words("How long the model thinks: minimal, low, medium, high, … as it takes them."),
      summary: words("auto, concise or detailed."),
      mode: words("standard. Others have no price on the wallet."),
    })
    .optional()
    .meta({ description: "For models that reason." }),
  text: z
    .looseObject({ format: dict("text, json_schema or json_object."), verbosity: words("low, medium or high.") })
    .optional()
    .meta({ description: "The form of the answer." }),
  include: z.array(z.string()).optional().meta({ description: "What else to send, such as reasoning.encrypted_content." }),
  stream_options: dict("For streams."),
  previous_response_id: words("A response that is stored on your own key; it goes to the lane that made it. Not on the wallet."),
  conversation: z
    .union([z.string(), z.looseObject({ id: text("Its id.") })])
    .optional()
    .meta({ description: "A conversation that is stored on your own key. Not on the wallet." }),
  background: yesNo("Answer later. Not on the wallet."),
  prompt: dict("A stored prompt template. Not on the wallet."),
  truncation: words("auto or disabled."),
}).meta({
  id: "ResponsesRequest",
  description: "OpenAI's request. null counts as left out. Fields that are not listed here go to your own key alone.",
});

export const chatRequestSchema = wireFields("chat", {
  ...shared,
  messages: z
    .array(
      z.looseObject({
        role: words("system, developer, user, assistant or tool."),
        content: z
          .union([z.string(), z.array(z.looseObject({ type: text("text, image_url, …") })), z.null()])
          .optional()
          .meta({ description: "Text, or parts." }),
      }),
    )
    .optional()
    .meta({ description: "The conversation." }),
  max_completion_tokens: whole(1, OUTPUT_TOKENS_MAX, "The longest answer, reasoning included. On the wallet it bounds what is held."),
  max_tokens: whole(1, OUTPUT_TOKENS_MAX, "The older form of max_completion_tokens. Not both."),
  n: whole(1, CHOICES_MAX, "Answers of one request. The wallet takes 1."),
  stop: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .meta({ description: "Texts at which the answer ends." }),
  stream_options: z
    .looseObject({ include_usage: yesNo("Send the token counts as the last chunk.") })
    .optional()
    .meta({ description: "For streams." }),
  response_format: dict("text, json_schema or json_object."),
  reasoning_effort: words("How long the model thinks."),
  verbosity: words("low, medium or high."),
  frequency_penalty: number(-2, 2, "Against repetition."),
  presence_penalty: number(-2, 2, "For new subjects."),
  logit_bias: dict("Weights of tokens."),
  logprobs: yesNo("Send the probabilities of the tokens."),
  seed: z.int().optional().meta({ description: "For answers that repeat, as far as the model can." }),
  modalities: z.array(z.string()).optional().meta({ description: "text. Audio has no price on the wallet." }),
  audio: dict("Spoken answers. Not on the wallet."),
  prediction: dict("A text that much of the answer will repeat. Not on the wallet."),
  web_search_options: dict("Hosted web search. Not on the wallet."),
  functions: z.array(z.looseObject({})).optional().meta({ description: "The older form of tools." }),
  function_call: z
    .union([z.string(), z.looseObject({})])
    .optional()
    .meta({ description: "The older form of tool_choice." }),
}).meta({
  id: "ChatRequest",
  description: "OpenAI's request. null counts as left out. Fields that are not listed here go to your own key alone.",
});

export const responseSchema = z
  .looseObject({
    id: z.string().meta({ description: "Of the response; not the request's id.", example: "resp_0193c1f2a4b5" }),
    object: z.literal("response"),
    created_at: z.number().meta({ description: "Unix seconds." }),
    status: z.string().meta({ description: "completed, incomplete, failed, in_progress, …" }),
    error: z
      .looseObject({ code: text("As in the table of errors."), message: text("For people.") })
      .nullable()
      .optional()
      .meta({ description: "Why it failed." }),
    incomplete_details: z
      .looseObject({ reason: words("max_output_tokens or content_filter.") })
      .nullable()
      .optional()
      .meta({ description: "Why it is incomplete." }),
    model: text("The model."),
    output: z
      .array(z.looseObject({ type: text("message, function_call, reasoning, …") }))
      .meta({ description: "What the model made, item by item." }),
    metadata: z
      .looseObject({})
      .nullable()
      .optional()
      .meta({ description: "Yours. While the request waits in a line, switchyard_queue_place says where." }),
    usage: z
      .looseObject({
        input_tokens: count("Cached ones included."),
        output_tokens: count("Reasoning included."),
        total_tokens: count("Both."),
        input_tokens_details: z.looseObject({ cached_tokens: count("From the cache.").optional() }).optional(),
        output_tokens_details: z.looseObject({ reasoning_tokens: count("Of reasoning.").optional() }).optional(),
      })
      .nullable()
      .optional()
      .meta({ description: "By these counts the wallet is charged." }),
  })
  .meta({ id: "Response", description: "OpenAI's response object." });

export const responsesEventSchema = z
  .looseObject({
    type: z.string().meta({
      description:
        "response.created, response.in_progress, response.output_item.added, response.output_text.delta, …; the last is response.completed, response.incomplete, response.failed or error. keepalive, to Codex alone, means nothing.",
    }),
    sequence_number: z.int().optional().meta({ description: "Counts up." }),
    delta: z.string().optional().meta({ description: "Of the delta events: the next piece." }),
    response: responseSchema.optional().meta({ description: "Of the events of the response as a whole." }),
  })
  .meta({
    id: "ResponsesEvent",
    description: "One data line. A stream that is silent for 15 seconds carries comments, or response.in_progress.",
  });

const chatUsage = z
  .looseObject({
    prompt_tokens: count("Cached ones included."),
    completion_tokens: count("Reasoning included."),
    total_tokens: count("Both."),
  })
  .nullable()
  .optional()
  .meta({ description: "By these counts the wallet is charged." });

export const chatCompletionSchema = z
  .looseObject({
    id: z.string().meta({ description: "Of the completion; not the request's id.", example: "chatcmpl-0193c1f2a4b5" }),
    object: z.literal("chat.completion"),
    created: z.number().meta({ description: "Unix seconds." }),
    model: text("The model."),
    choices: z.array(
      z.looseObject({
        index: count("From 0."),
        message: z.looseObject({
          role: text("assistant."),
          content: z.string().nullable().optional().meta({ description: "The answer." }),
        }),
        finish_reason: z.string().nullable().meta({ description: "stop, length, tool_calls or content_filter." }),
      }),
    ),
    usage: chatUsage,
  })
  .meta({ id: "ChatCompletion", description: "OpenAI's completion object." });

export const chatChunkSchema = z
  .looseObject({
    id: text("Of the completion."),
    object: z.literal("chat.completion.chunk"),
    choices: z.array(
      z.looseObject({
        delta: z.looseObject({ content: z.string().nullable().optional() }),
        finish_reason: z.string().nullable().optional(),
      }),
    ),
    usage: chatUsage,
    switchyard: z
      .object({ queue_place: count("In the line of a Codex lane.") })
      .optional()
      .meta({ description: "While the request waits." }),
  })
  .meta({ id: "ChatChunk", description: "One data line; the last is [DONE]. A stream that fails ends with an error envelope instead." });

const modelShape = {
  id: z.string().meta({ description: "What to send as model.", example: "gpt-5.5" }),
  object: z.literal("model"),
  created: z.int().meta({ description: "0." }),
  owned_by: text("system."),
};

export const modelSchema = z.object(modelShape).meta({ id: "Model" });

export const modelsSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(modelSchema).meta({ description: "For SDKs: what this key may use and the price book sells." }),
    models: z.array(z.looseObject({ slug: text("As data[].id.") })).meta({ description: "For Codex: rows of its own catalogue." }),
  })
  .meta({ id: "Models" });

export const storedItemsSchema = z.looseObject({ object: text("list."), data: z.array(z.looseObject({})) }).meta({ id: "InputItems" });
export const deletedSchema = z
  .looseObject({ id: text("The response."), deleted: flag("true.").optional() })
  .meta({ id: "DeletedResponse" });
