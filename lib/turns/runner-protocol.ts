/*
 * What `web` and a runner say to each other over HTTP, with a shared secret as bearer token.
 *
 *   POST {runner}/turns     body: the client's JSON as it is to be answered; header `x-switchyard-turn`: a TurnTicket (base64url JSON)
 *     200  frames: one JSON object per line, until the frame `answer`; all bytes after that line are the answer itself, exactly as
 *          a client of that wire expects it. Nothing is written to the answer before its first content.
 *     401  wrong secret · 404 the account is not this owner's · 409 `{"movedTo": address}`: another runner holds the lease ·
 *     503  this runner is draining
 *   Whoever hangs up leaves the line, or interrupts the turn.
 *
 *   POST {runner}/accounts/{accountId}/{act}   act: sign-in, cancel-sign-in, sign-out, check-now, restart, remove
 *     body: AccountAct; 200 `{}`, the result is in the database; 409 and 503 as above
 *   GET  {runner}/healthz
 *
 * The runner believes nothing of this beyond the ids: owner, lane and lease are read from the database.
 */

/** Why a Codex lane does not answer, in the classes by which a paid lane below may open. */
export type DeclineClass = "exhausted" | "lost" | "busy" | "cannot";

export type TurnTicket = {
  requestId: string;
  userId: string;
  keyId: string;
  laneId: string;
  accountId: string;
  wire: "responses" | "chat";
  stream: boolean;
  /** Chat: the client asked for the usage chunk. */
  includeUsage: boolean;
  model: string;
  /** The key's ceiling for one answer, in tokens. */
  outputTokensMax: number;
  /** How long this request may stand in line. */
  queueMs: number;
  /** The turn was run before, by a runner that is gone: one that is lost again before it has said anything is not run once more. */
  isRerun: boolean;
  /** How long it may take in all. */
  deadlineMs: number;
};

export type TurnFrame =
  /** `place` 1 is next. Repeated whenever it changes. */
  | { kind: "queued"; place: number }
  | { kind: "running"; queuedMs: number }
  /** Nothing was sent to the client: another lane may answer. The lane's own state is already written. */
  | { kind: "declined"; class: DeclineClass; reason: string; message: string; until: string | null; param: string | null }
  /** The request itself is at fault: every lane would say the same. */
  | { kind: "refused"; code: "request_invalid" | "context_too_long" | "model_not_found"; message: string; param: string | null }
  | { kind: "answer"; contentType: "text/event-stream" | "application/json" };

export type AccountAct = { userId: string; signInId?: string; address?: string | null };

export const TURN_HEADER = "x-switchyard-turn";
