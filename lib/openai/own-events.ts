import { makeEvent } from "@/lib/openai/sse";

/** A response that we announce ourselves, because the client must hear something before upstream speaks. */
export type OwnResponse = { responseId: string; model: string; createdAtS: number };

type OwnError = { code: string; message: string };

/** `response.created` with sequence number 0: the SDK's stream helper throws on anything earlier. */
export function createdEvent(own: OwnResponse): Buffer {
  return ownEvent("response.created", 0, responseObject(own, "in_progress", null));
}

/** A data event that keeps a waiting client alive; Codex does not count comments. `place`: in the line that it stands in. */
export function inProgressEvent(own: OwnResponse, sequenceNumber: number, place: number | null = null): Buffer {
  const response = responseObject(own, "in_progress", null);
  const told = place === null ? response : { ...response, metadata: { switchyard_queue_place: String(place) } };
  return ownEvent("response.in_progress", sequenceNumber, told);
}

export function failedEvent(own: OwnResponse, sequenceNumber: number, error: OwnError): Buffer {
  return ownEvent("response.failed", sequenceNumber, responseObject(own, "failed", error));
}

/** A chunk that says nothing: the chat wire's way to keep a waiting client alive. */
export function emptyChatChunk(own: OwnResponse, place: number | null = null): Buffer {
  const chunk = {
    id: own.responseId,
    object: "chat.completion.chunk",
    created: own.createdAtS,
    model: own.model,
    choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: null }],
    ...(place === null ? {} : { switchyard: { queue_place: place } }),
  };
  return makeEvent(null, Buffer.from(JSON.stringify(chunk))).raw;
}

function ownEvent(type: string, sequenceNumber: number, response: object): Buffer {
  return makeEvent(type, Buffer.from(JSON.stringify({ type, sequence_number: sequenceNumber, response }))).raw;
}

function responseObject(own: OwnResponse, status: "in_progress" | "failed", error: OwnError | null): object {
  return {
    id: own.responseId,
    object: "response",
    created_at: own.createdAtS,
    status,
    error,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: own.model,
    output: [],
    parallel_tool_calls: true,
    temperature: null,
    tool_choice: "auto",
    tools: [],
    top_p: null,
  };
}
