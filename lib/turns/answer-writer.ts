import type { AppError } from "@/lib/errors/app-error";
import type { AnswerEnd, AnswerEvent } from "@/lib/turns/answer-event";

/**
 * Turns events into the bytes of one wire. Streamed, every call gives what the client is to read next, and the preamble goes out with
 * the first content; whole, everything comes with `end`. After `end` or `fail` nothing more is written.
 */
export interface AnswerWriter {
  write(event: AnswerEvent): string;
  end(end: AnswerEnd): string;
  /** Only for a stream that has begun. */
  fail(error: AppError): string;
}

export type AnswerHead = {
  requestId: string;
  model: string;
  createdAtS: number;
  stream: boolean;
  /** Chat: the usage chunk goes out. */
  includeUsage: boolean;
  newItemId: (prefix: "msg" | "rs" | "fc") => string;
};

export function sse(type: string | null, data: object): string {
  return `${type === null ? "" : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export function withoutPrefix(requestId: string): string {
  return requestId.replace(/^[a-z]+_/, "");
}
