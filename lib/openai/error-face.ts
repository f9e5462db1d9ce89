import { ERROR_TABLE } from "@/lib/openai/error-table";
import { failedEvent } from "@/lib/openai/own-events";
import { makeEvent } from "@/lib/openai/sse";
import type { AppError } from "@/lib/errors/app-error";
import type { Reply } from "@/lib/http/call";
import type { ClientKind } from "@/lib/openai/client-kind";
import type { ErrorFace } from "@/lib/openai/error-table";

/**
 * The one mapper from `AppError` to the wire of `/v1/*`: a whole reply while nothing was sent, an event once the
 * stream has begun. Only `message` leaves the house; `detail` and `cause` are for the log.
 */
export type ErrorContext = { client: ClientKind; wire: "responses" | "chat" | "other"; requestId: string };

export type StreamErrorContext = ErrorContext & {
  /** The response that the client has been told of; without one, the request's own id names it. */
  responseId?: string;
  /** The next free sequence number of that response. */
  sequenceNumber?: number;
  model?: string;
  createdAtS?: number;
};

const RETRY_AFTER_S = 5;
const PROMO_LENGTH_MAX = 300;

export function errorReply(error: AppError, context: ErrorContext): Reply {
  const face = ERROR_TABLE[error.code][context.client];
  const headers: Record<string, string> = { "content-type": "application/json", "x-request-id": context.requestId };
  const waitS = error.retryAfterS ?? (face.usageLimit ? undefined : RETRY_AFTER_S);
  if (face.retryAfter && waitS !== undefined) headers["retry-after"] = String(waitS);
  if (face.final) headers["x-should-retry"] = "false";
  if (face.status === 426) headers["upgrade"] = "HTTP/1.1";
  if (face.usageLimit && context.client === "codex") headers["x-codex-promo-message"] = promo(error.message);
  return { status: face.status, headers, body: Buffer.from(JSON.stringify({ error: errorBody(error, face, context) })) };
}

/** The last bytes of a stream that cannot go on. A chat stream then ends without `[DONE]`. */
export function errorEvents(error: AppError, context: StreamErrorContext): Buffer {
  const row = ERROR_TABLE[error.code];
  if (context.wire !== "responses") {
    return makeEvent(null, Buffer.from(JSON.stringify({ error: errorBody(error, row[context.client], context) }))).raw;
  }
  const own = {
    responseId: context.responseId ?? context.requestId.replace(/^[a-z]+_/, "resp_"),
    model: context.model ?? "",
    createdAtS: context.createdAtS ?? 0,
  };
  const code = context.client === "codex" ? row.codexInStream : (row.sdk.code ?? row.sdk.type);
  const waits = context.client === "codex" && row.codexInStream === "rate_limit_exceeded";
  const text = messageFor(error, context);
  // Codex reads the seconds out of this sentence.
  const message = waits
    ? `${text.replace(/(?:\s*Try again(?: shortly)?)?[.\s]*$/, "")}. Please try again in ${error.retryAfterS ?? RETRY_AFTER_S}s.`
    : text;
  return failedEvent(own, context.sequenceNumber ?? 0, { code, message });
}

function errorBody(error: AppError, face: ErrorFace, context: ErrorContext): object {
  return {
    message: messageFor(error, context),
    type: face.type,
    param: error.param ?? null,
    code: face.code,
    ...(face.usageLimit && error.resetsAt ? { resets_at: Math.ceil(error.resetsAt.getTime() / 1000) } : {}),
  };
}

function messageFor(error: AppError, context: ErrorContext): string {
  return error.code === "internal" ? `Something went wrong on our side. Quote ${context.requestId} when you report it.` : error.message;
}

/** Codex prints "You've hit your usage limit. P, or try again at …": one clause, in characters that a header may hold. */
function promo(message: string): string {
  return message
    .replace(/[^\x20-\x7e]/g, " ")
    .slice(0, PROMO_LENGTH_MAX)
    .replace(/[.\s]*$/, "");
}
