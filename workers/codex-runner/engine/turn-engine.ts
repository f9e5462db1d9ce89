import type { DeclineClass, TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";

/**
 * One turn on one container, as it goes out to `web`. `declined` and `refused` end it and come only before `answer`; after
 * `answer` come the bytes, and a failure is told inside of them, in the client's own wire.
 */
export type TurnStep = DeclinedStep | RefusedStep | Extract<TurnFrame, { kind: "answer" }> | { kind: "bytes"; bytes: Uint8Array };

export type DeclinedStep = {
  kind: "declined";
  class: DeclineClass;
  reason: string;
  message: string;
  /** When it may be tried again, if Codex or OpenAI said so. */
  until: Date | null;
  /** What the refusal closes: the account's window, the limit of this one model, or nothing. */
  closes: "account" | "model" | null;
  /** The sign-in is gone: nothing works before the owner signs in again. */
  signedOut: boolean;
  param: string | null;
};

export type RefusedStep = Extract<TurnFrame, { kind: "refused" }>;

export type TurnRun = {
  server: AppServer;
  ticket: TurnTicket;
  /** The client's JSON body. */
  body: Buffer;
  /**
   * Aborted: the client left, the deadline passed, or the lease is lost. The turn is interrupted at once and the steps end; an answer
   * that has begun ends with the reason's own text when the reason is an `AppError`, and without a word otherwise.
   */
  signal: AbortSignal;
  /** Windows as they are reported while the turn runs. */
  onLimits: (limits: ReportedLimits) => void;
  /** What the lane must know of a turn that failed behind `answer`, where no step can tell it. */
  onTrouble?: (trouble: DeclinedStep) => void;
};

export type EngineSetup = {
  args: readonly string[];
  files: readonly { name: string; content: string }[];
  env: Readonly<Record<string, string>>;
};
