import { AppError } from "@/lib/errors/app-error";
import type { ClientVoice } from "@/lib/gateway/client-voice";
import type { GenerationBooks } from "@/lib/gateway/generation-books";
import type { ReplyHead } from "@/lib/gateway/outlet";
import type { CodexLane, GatewayKey, GatewayOptions, GatewayPorts } from "@/lib/gateway/ports";
import type { AttemptRecord, RequestRecord } from "@/lib/gateway/request-record";
import type { SealedItems } from "@/lib/gateway/thread";
import type { HeaderMap } from "@/lib/http/call";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

/** The generation as its attempts see it: what is asked for, and the few things that they may do to it. */
export type AttemptContext = {
  readonly ports: GatewayPorts;
  readonly options: GatewayOptions;
  readonly key: GatewayKey;
  readonly record: RequestRecord;
  readonly wire: Wire;
  readonly headers: HeaderMap;
  readonly facts: RequestFacts;
  readonly model: string;
  readonly edits: readonly BodyEdit[];
  readonly books: GenerationBooks;
  readonly voice: ClientVoice;
  /** Aborts at the deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** The key's limits have let the request in, with this attempt or an earlier one. */
  isAdmitted: boolean;
  /** Everything sealed was left out after all: an upstream could not read it. */
  allSealedLeftOut: boolean;
  /** The answer is not what the client asked for: who asks again gets another one. */
  setFailed(failed: boolean): void;
  isClientGone(): boolean;
  /** Calls at once, or when the last client leaves; returns what ends that. */
  whenClientGone(run: () => void): () => void;
  isHeadSent(): boolean;
  sendHead(head: ReplyHead): void;
  tellError(error: AppError): Promise<void>;
  noteError(error: AppError): void;
  /** Keeps a whole answer until it is booked; false: it could not be kept. */
  withhold(): Promise<boolean>;
  /** What in the body only the lane that made it can read. */
  sealed(): SealedItems;
  splice(edits: readonly BodyEdit[]): Buffer;
  dropBody(): void;
};

/** Why a Codex lane does not answer this request, for the paid lanes below it and for the error when nobody does. */
export type CodexStanding = {
  lane: CodexLane;
  class: DeclineClass;
  reason: string;
  message: string | null;
  until: Date | null;
  param: string | null;
};

/** How one attempt ended for the loop over the lanes. `standing`: of a Codex lane, which has its error made of it. */
export type AttemptEnd =
  | { kind: "done" }
  | { kind: "declined"; error: AppError }
  | { kind: "passed"; standing: CodexStanding }
  | { kind: "ambiguous"; error: AppError }
  | { kind: "final"; error: AppError };

export const CLIENT_GONE = "The client left before the request was sent on.";

/** The upstream cannot read what another lane's account sealed. */
export const SEALED_ELSEWHERE = "invalid_encrypted_content";

/** Nothing has been sent for it yet, so nothing need be. */
export function endGone(of: AttemptContext): AttemptEnd {
  of.record.outcome = "interrupted";
  return { kind: "final", error: new AppError("request_invalid", CLIENT_GONE) };
}

export function endDeclined(of: AttemptContext, attempt: AttemptRecord, reason: string, error: AppError, isFinal = false): AttemptEnd {
  noteDeclined(of, attempt, { reason, evidence: error.message, outcome: isFinal ? "failed" : "declined" });
  return { kind: isFinal ? "final" : "declined", error };
}

export function noteDeclined(
  of: AttemptContext,
  attempt: AttemptRecord,
  how: { reason: string; evidence: string | null; outcome: AttemptRecord["outcome"] },
): void {
  attempt.outcome = how.outcome;
  attempt.reason = how.reason;
  attempt.durationMs = of.books.sinceStartMs() - attempt.offsetMs;
  of.books.decide(attempt.lane, "declined", how.reason, how.evidence);
}
