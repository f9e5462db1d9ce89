import { AppError } from "@/lib/errors/app-error";
import {
  endDeclined,
  endGone,
  noteDeclined,
  SEALED_ELSEWHERE,
  type AttemptContext,
  type AttemptEnd,
  type CodexStanding,
} from "@/lib/gateway/attempt";
import { deliverAnswer } from "@/lib/gateway/deliver-answer";
import { admitOnly } from "@/lib/gateway/place-hold";
import type { PlannedLane } from "@/lib/gateway/plan-lanes";
import type { CodexLane, RunnerEnd } from "@/lib/gateway/ports";
import type { AttemptRecord } from "@/lib/gateway/request-record";
import { leaveOut } from "@/lib/gateway/thread";
import type { UpstreamError } from "@/lib/metering/tap-type";
import type { BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";
import type { TurnTicket } from "@/lib/turns/runner-protocol";

/*
 * One try on one ChatGPT account, driven by a runner.
 *
 *   call -> (queued -> running)? -> answer -> content -> terminal
 *
 * - Nothing is held and nothing costs money here, so a turn of which the client has heard nothing may be run again: once when it
 *   may have been running, and as often as the time allows when it never began.
 * - A client that leaves interrupts the turn at once: it would only use up the owner's window.
 */

/** The longest that a request without a stream stands in line, or waits for a runner: it gets no sign of life. */
const JSON_WAIT_MS = 60_000;
/** Between two looks for a runner. */
const RECOVERY_PAUSE_MS = 200;
/** A lane without a runner is left alone for this long while another one can answer. */
const LOST_MS = 15_000;

const LIST_LENGTH_MAX = 500;

type Try = { edits: readonly BodyEdit[]; movedTo: string | null; hasRun: boolean; searchUntilMs: number | null };

export class CodexAttempt {
  readonly #of: AttemptContext;

  constructor(of: AttemptContext) {
    this.#of = of;
  }

  async run(planned: PlannedLane<CodexLane>, price: Price | null): Promise<AttemptEnd> {
    const { ports, key, options, record } = this.#of;
    if (this.#of.isClientGone()) return endGone(this.#of);
    const attempt = this.#of.books.openAttempt(planned.lane);
    if (!this.#of.isAdmitted) {
      const admission = await admitOnly({ ports, key, record, laneId: planned.lane.id, options });
      if (admission) return endDeclined(this.#of, attempt, admission.reason, admission.error, true);
      this.#of.isAdmitted = true;
    }
    this.#note(planned.lane, planned.notes);
    if (planned.ignored.length > 0) this.#note(planned.lane, [`ignored: ${shortList(planned.ignored)}`]);

    const hangUp = new AbortController();
    const forget = this.#of.whenClientGone(() => {
      // Who asks again meanwhile must not join a turn that is being interrupted.
      this.#of.setFailed(true);
      hangUp.abort();
    });
    try {
      return await this.#drive(planned, attempt, price, AbortSignal.any([this.#of.signal, hangUp.signal]));
    } finally {
      forget();
    }
  }

  async #drive(planned: PlannedLane<CodexLane>, attempt: AttemptRecord, price: Price | null, signal: AbortSignal): Promise<AttemptEnd> {
    const state: Try = { edits: [...this.#of.edits, ...planned.edits], movedTo: null, hasRun: false, searchUntilMs: null };
    for (;;) {
      const end = await this.#call(planned.lane, attempt, state, signal);
      if (signal.aborted && end.kind !== "answer") return this.#aborted(attempt);
      switch (end.kind) {
        case "answer": {
          const delivered = await this.#deliver(planned, attempt, price, end);
          if (delivered.kind !== "again") return delivered;
          this.#of.books.forgetAnswer();
          if (signal.aborted) return this.#aborted(attempt);
          if (!(await this.#recovers(state, { reason: "cut_before_content", ran: true, movedTo: null }, signal))) {
            return signal.aborted ? this.#aborted(attempt) : this.#lost(planned.lane, attempt, "cut_before_content");
          }
          break;
        }
        case "lost":
          if (!(await this.#recovers(state, end, signal))) {
            return signal.aborted ? this.#aborted(attempt) : this.#lost(planned.lane, attempt, end.reason);
          }
          break;
        case "declined":
        case "refused":
          if (isSealedElsewhere(end) && this.#leaveSealedOut(planned.lane, state)) break;
          return this.#declined(planned.lane, attempt, end);
        case "aborted":
          return this.#aborted(attempt);
      }
    }
  }

  async #call(lane: CodexLane, attempt: AttemptRecord, state: Try, signal: AbortSignal): Promise<RunnerEnd> {
    const { ports, record, voice } = this.#of;
    let inLineSince: number | null = null;
    const leaveLine = () => {
      if (inLineSince !== null) attempt.queuedMs = (attempt.queuedMs ?? 0) + this.#of.books.sinceStartMs() - inLineSince;
      inLineSince = null;
      if (record.stream) voice.waiting(null);
    };
    try {
      return await ports.callRunner({
        ticket: this.#ticket(lane, attempt, state.hasRun),
        body: this.#of.splice(state.edits),
        movedTo: state.movedTo,
        signal,
        onWaiting: (frame) => {
          if (frame.kind === "running") return leaveLine();
          inLineSince ??= this.#of.books.sinceStartMs();
          if (record.stream) voice.waiting(frame.place);
        },
      });
    } finally {
      leaveLine();
    }
  }

  #ticket(lane: CodexLane, attempt: AttemptRecord, isRerun: boolean): TurnTicket {
    const { key, record, options, wire, model } = this.#of;
    const queueMs = record.stream ? options.queueMs : Math.min(options.queueMs, JSON_WAIT_MS);
    return {
      requestId: record.id,
      userId: key.userId,
      keyId: key.keyId,
      laneId: lane.id,
      accountId: lane.accountId,
      wire,
      stream: record.stream,
      // Always asked for, as it is how we know the usage; a client that did not ask for it does not see the chunk.
      includeUsage: wire === "chat" && record.stream,
      model,
      outputTokensMax: key.outputTokensMax,
      isRerun,
      queueMs: Math.max(0, queueMs - (attempt.queuedMs ?? 0)),
      deadlineMs: Math.max(1, options.streamDeadlineMs - this.#of.books.sinceStartMs()),
    };
  }

  #deliver(
    planned: PlannedLane<CodexLane>,
    attempt: AttemptRecord,
    price: Price | null,
    end: RunnerEnd & { kind: "answer" },
  ): ReturnType<typeof deliverAnswer> {
    const sinceStartMs = this.#of.books.sinceStartMs();
    attempt.upstreamStatus = 200;
    attempt.firstByteMs = sinceStartMs - attempt.offsetMs;
    this.#of.record.firstByteMs ??= sinceStartMs;
    this.#of.books.live.accepted = true;
    return deliverAnswer(this.#of, {
      attempt,
      answer: { status: 200, headers: { "content-type": end.contentType, "cache-control": "no-cache" }, body: end.body },
      hold: null,
      price,
      headers: planned.ignored.length > 0 ? { "x-switchyard-ignored": shortList(planned.ignored) } : {},
      judgeFailure: (error) => ({ kind: "final", error: failure(error) }),
      onDeclined: () => {},
      isFree: true,
    });
  }

  /** Waits a moment for a runner to try again with; false: the turn was run twice, or the time is over. */
  async #recovers(state: Try, lost: { reason: string; ran: boolean; movedTo: string | null }, signal: AbortSignal): Promise<boolean> {
    if (lost.ran && state.hasRun) return false;
    state.hasRun ||= lost.ran;
    const nowMs = this.#of.ports.now().getTime();
    state.searchUntilMs = lost.ran ? null : state.searchUntilMs;
    const { laneRecoveryMs } = this.#of.options;
    state.searchUntilMs ??= nowMs + (this.#of.record.stream ? laneRecoveryMs : Math.min(laneRecoveryMs, JSON_WAIT_MS));
    const wasMoved = lost.movedTo !== null && lost.movedTo !== state.movedTo;
    state.movedTo = lost.movedTo;
    if (nowMs >= state.searchUntilMs) return false;
    // One whose container died is there still, and one that moved is somewhere else.
    if (!wasMoved && !lost.ran) await pause(Math.min(RECOVERY_PAUSE_MS, state.searchUntilMs - nowMs), signal);
    return !signal.aborted;
  }

  #leaveSealedOut(lane: CodexLane, state: Try): boolean {
    const { reasoning } = this.#of.sealed();
    if (reasoning.length === 0 || this.#of.allSealedLeftOut) return false;
    const without = leaveOut(reasoning);
    this.#of.allSealedLeftOut = true;
    state.edits = [...state.edits, ...without.edits];
    this.#note(lane, without.notes);
    return true;
  }

  #declined(lane: CodexLane, attempt: AttemptRecord, end: RunnerEnd & { kind: "declined" | "refused" }): AttemptEnd {
    if (end.kind === "declined") {
      const until = end.until === null ? null : new Date(end.until);
      return this.#passed(attempt, { lane, class: end.class, reason: end.reason, message: end.message, until, param: end.param });
    }
    // What this account has no access to another lane may sell.
    if (end.code === "model_not_found") {
      return this.#passed(attempt, { lane, class: "cannot", reason: end.code, message: end.message, until: null, param: "model" });
    }
    return endDeclined(this.#of, attempt, "refused", new AppError(end.code, end.message, { param: end.param ?? undefined }), true);
  }

  #lost(lane: CodexLane, attempt: AttemptRecord, reason: string): AttemptEnd {
    const until = new Date(this.#of.ports.now().getTime() + LOST_MS);
    this.#of.ports.changeLane(lane, { state: "cooling", reason: `runner_lost: ${reason}`, until });
    return this.#passed(attempt, {
      lane,
      class: "lost",
      reason: "runner_lost",
      message: "its container cannot be reached right now",
      until,
      param: null,
    });
  }

  #passed(attempt: AttemptRecord, standing: CodexStanding): AttemptEnd {
    noteDeclined(this.#of, attempt, { reason: standing.reason, evidence: standing.message, outcome: "declined" });
    return { kind: "passed", standing };
  }

  #aborted(attempt: AttemptRecord): AttemptEnd {
    if (!this.#of.isClientGone()) {
      const error = new AppError("upstream_unavailable", "The request was interrupted before it was answered. Try again.", {
        retryAfterS: 2,
      });
      return endDeclined(this.#of, attempt, "aborted", error, true);
    }
    noteDeclined(this.#of, attempt, { reason: "client_gone", evidence: null, outcome: "failed" });
    return endGone(this.#of);
  }

  #note(lane: CodexLane, notes: readonly string[]): void {
    this.#of.record.edits.push(...notes.map((note) => `${lane.label}: ${note}`));
  }
}

function isSealedElsewhere(end: RunnerEnd & { kind: "declined" | "refused" }): boolean {
  return (end.kind === "declined" && end.reason === SEALED_ELSEWHERE) || end.message.includes(SEALED_ELSEWHERE);
}

/** As a header may hold it: some names are out of the client's own schemas. */
function shortList(names: readonly string[]): string {
  return names
    .join(", ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, LIST_LENGTH_MAX);
}

function failure(error: UpstreamError | null): AppError {
  return new AppError("upstream_unavailable", error?.message ?? "The turn failed before it said anything. Try again.", { retryAfterS: 2 });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
