import type OpenAI from "openai";

/** Short names for what the schema generator is to describe. */
export type WireResponsesEvent = OpenAI.Responses.ResponseStreamEvent;
export type WireResponse = OpenAI.Responses.Response;
export type WireChatChunk = OpenAI.Chat.ChatCompletionChunk;
export type WireChatCompletion = OpenAI.Chat.ChatCompletion;
