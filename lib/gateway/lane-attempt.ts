import assert from "node:assert/strict";
import { AppError } from "@/lib/errors/app-error";
import { callUpstream, type UpstreamAnswer } from "@/lib/gateway/call-upstream";
import { ambiguousCost, type Charge } from "@/lib/gateway/charge";
import { classifyRefusal, type Refusal } from "@/lib/gateway/classify-refusal";
import type { ClientVoice } from "@/lib/gateway/client-voice";
import { upstreamOf, type GenerationBooks } from "@/lib/gateway/generation-books";
import type { ReplyHead } from "@/lib/gateway/outlet";
import { admitOnly, placeHold, type PlacedHold } from "@/lib/gateway/place-hold";
import type { PlannedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayOptions, GatewayPorts } from "@/lib/gateway/ports";
import { readJsonAnswer, resetsAtOf } from "@/lib/gateway/read-json-answer";
import type { AttemptRecord, RequestRecord } from "@/lib/gateway/request-record";
import { runStream, type StreamEnd } from "@/lib/gateway/run-stream";
import type { HeaderMap } from "@/lib/http/call";
import { readJsonResult } from "@/lib/metering/json-tap";
import type { Terminal, UpstreamError } from "@/lib/metering/tap-type";
import { ZERO_USD } from "@/lib/money/micro-usd";
import { clientHeaders, upstreamHeaders } from "@/lib/openai/forward-headers";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import { scrubJson } from "@/lib/openai/scrub-event";
import type { BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";

/** The generation as its attempts see it: what is asked for, and the few things that they may do to it. */
export type AttemptContext = {
  readonly ports: GatewayPorts;
  readonly options: GatewayOptions;
  readonly key: GatewayKey;
  readonly record: RequestRecord;
  readonly wire: Wire;
  readonly headers: HeaderMap;
  readonly facts: RequestFacts;
  readonly edits: readonly BodyEdit[];
  readonly books: GenerationBooks;
  readonly voice: ClientVoice;
  /** Aborts at the deadline and at shutdown. */
  readonly signal: AbortSignal;
  /** The key's limits have let the request in, with this attempt or an earlier one. */
  isAdmitted: boolean;
  /** The answer is not what the client asked for: who asks again gets another one. */
  setFailed(failed: boolean): void;
  isClientGone(): boolean;
  isHeadSent(): boolean;
  sendHead(head: ReplyHead): void;
  tellError(error: AppError): Promise<void>;
  noteError(error: AppError): void;
  /** Keeps a whole answer until it is booked; false: it could not be kept. */
  withhold(): Promise<boolean>;
  splice(edits: readonly BodyEdit[]): Buffer;
  dropBody(): void;
};

/** How one attempt ended for the loop over the lanes. */
export type AttemptEnd =
  { kind: "done" } | { kind: "declined"; error: AppError } | { kind: "ambiguous"; error: AppError } | { kind: "final"; error: AppError };

const CLIENT_GONE = "The client left before the request was sent on.";
/** A lane that cannot be reached is left alone for this long while another one can answer. */
const UNREACHABLE_MS = 5_000;

/** One try on one lane: hold, call, and what becomes of the answer. */
export class LaneAttempt {
  readonly #of: AttemptContext;

  constructor(of: AttemptContext) {
    this.#of = of;
  }

  async run(planned: PlannedLane, price: Price | null): Promise<AttemptEnd> {
    const { ports, key, options } = this.#of;
    const { lane } = planned;
    const { upstream } = lane;
    assert(upstream, "a planned lane has an upstream");
    if (this.#of.isClientGone()) {
      // Nothing has been sent for it yet, so nothing need be.
      this.#of.record.outcome = "interrupted";
      return { kind: "final", error: new AppError("request_invalid", CLIENT_GONE) };
    }
    const attempt = this.#of.books.openAttempt(planned);

    let hold: PlacedHold | null = null;
    const edits = [...this.#of.edits, ...planned.edits];
    const notes = [...planned.notes];
    if (lane.kind === "wallet") {
      assert(planned.price && upstream.providerId, "a planned wallet lane has a price and a provider");
      const placed = await placeHold({
        ports,
        options,
        key,
        record: this.#of.record,
        facts: this.#of.facts,
        laneId: lane.id,
        providerId: upstream.providerId,
        price: planned.price,
        attemptNo: attempt.attemptNo,
        admit: !this.#of.isAdmitted,
        signal: this.#of.signal,
        isClientGone: () => this.#of.isClientGone(),
        onPlacing: (holdId) => {
          this.#of.books.holdInDoubt = holdId;
        },
      });
      if (placed.kind === "refused") return this.#declined(attempt, placed.reason, placed.error, placed.isFinal);
      hold = placed.hold;
      if (placed.outputCap !== null) {
        edits.push({ op: "set", key: this.#of.facts.outputTokensKey, json: String(placed.outputCap) });
        notes.push(
          `${this.#of.facts.outputTokensKey} set to ${placed.outputCap}${hold.clampedBy ? ` (what the ${hold.clampedBy} covers)` : ""}`,
        );
      }
      this.#shieldOwner(edits, notes);
    } else if (!this.#of.isAdmitted) {
      const admission = await admitOnly({ ports, key, record: this.#of.record, options });
      if (admission) return this.#declined(attempt, admission.reason, admission.error, true);
    }
    this.#of.isAdmitted = true;
    if (this.#of.wire === "chat" && this.#of.record.stream && !this.#of.facts.includeUsage) {
      edits.push({ op: "set", key: "stream_options", json: JSON.stringify({ ...this.#of.facts.streamOptions, include_usage: true }) });
      notes.push("stream_options.include_usage set, its chunk taken out again");
    }
    this.#of.record.edits.push(...notes.map((note) => `${lane.label}: ${note}`));
    if (this.#of.isClientGone()) {
      await this.#of.books.voidHold(hold, ZERO_USD);
      this.#of.record.outcome = "interrupted";
      return this.#declined(attempt, "client_gone", new AppError("request_invalid", CLIENT_GONE), true);
    }
    this.#of.books.live = { hold, tap: null, accepted: false };

    const answer = await callUpstream({
      upstream,
      method: "POST",
      path: this.#of.wire === "responses" ? "/responses" : "/chat/completions",
      headers: { ...upstreamHeaders(this.#of.headers, upstream), "content-type": "application/json" },
      body: this.#of.splice(edits),
      signal: this.#of.signal,
    });
    if (answer.kind !== "answer") return this.#noAnswer(attempt, answer, hold);

    attempt.upstreamStatus = answer.status;
    attempt.upstreamRequestId = String(answer.headers["x-request-id"] ?? "") || null;
    attempt.firstByteMs = this.#of.books.sinceStartMs() - attempt.offsetMs;
    this.#of.record.firstByteMs ??= this.#of.books.sinceStartMs();
    if (answer.status < 200 || answer.status > 299) return this.#refusedByUpstream(attempt, answer, hold);
    this.#of.books.live.accepted = true;
    const isJson = String(answer.headers["content-type"] ?? "").includes("application/json");
    return this.#of.record.stream && !isJson ? this.#streamed(attempt, answer, hold, price) : this.#whole(attempt, answer, hold, price);
  }

  async #streamed(
    attempt: AttemptRecord,
    answer: UpstreamAnswer & { kind: "answer" },
    hold: PlacedHold | null,
    price: Price | null,
  ): Promise<AttemptEnd> {
    const end: StreamEnd = await runStream({
      wire: this.#of.wire,
      body: answer.body,
      voice: this.#of.voice,
      upstream: upstreamOf(attempt),
      includeUsage: this.#of.facts.includeUsage,
      onTap: (tap) => {
        this.#of.books.live.tap = tap;
      },
      onContent: () => {
        this.#of.record.firstContentMs = this.#of.books.sinceStartMs();
        this.#of.dropBody();
        this.#of.sendHead({
          status: 200,
          headers: { ...clientHeaders(answer.headers, upstreamOf(attempt)), ...this.#laneHeaders(attempt) },
          body: null,
        });
      },
      judgeFailure: (error) => this.#judgeFailure(attempt, error),
    });
    if (end.kind !== "ended") {
      if (end.refusal.kind === "declined") this.#heedRefusal(attempt, end.refusal);
      const charged = await this.#of.books.charge(end.tap, hold, { accepted: true, upstreamFailed: true });
      return this.#endRefused(
        attempt,
        hold,
        charged,
        end.kind,
        end.refusal.kind === "declined" ? end.refusal.reason : "refused",
        end.refusal.error,
      );
    }
    return this.#finishStream(attempt, end, hold, price);
  }

  async #finishStream(
    attempt: AttemptRecord,
    end: StreamEnd & { kind: "ended" },
    hold: PlacedHold | null,
    price: Price | null,
  ): Promise<AttemptEnd> {
    const { tap } = end;
    const upstreamFailed = tap.terminal === "failed" || tap.terminal === "error";
    const interrupted = tap.terminal === null;
    const charged = await this.#of.books.charge(tap, hold, { accepted: true, upstreamFailed });
    this.#of.record.outcome = outcomeOf(tap.terminal, { interrupted, upstreamFailed });
    this.#of.record.status = 200;
    // Taken and then cut before it said anything: it may cost money, so no other paid lane takes it by itself.
    const isAmbiguous = interrupted && !tap.firstContentSeen && !this.#of.isHeadSent();
    attempt.reason = isAmbiguous ? "cut_before_content" : interrupted ? "cut" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
    this.#of.books.noteAnswer(
      attempt,
      tap,
      charged,
      hold,
      price,
      isAmbiguous ? "ambiguous" : interrupted || upstreamFailed ? "failed" : "answered",
    );
    if (isAmbiguous) {
      await this.#of.books.settleAttempt(hold, charged);
      return {
        kind: "ambiguous",
        error: new AppError("upstream_unavailable", "The upstream ended its answer before it began. Try again.", { retryAfterS: 2 }),
      };
    }
    // What a provider says when it fails speaks of the operator's account; a customer's own upstream may say what it wants.
    const isMuted = upstreamFailed && upstreamOf(attempt).operatorKey;
    const error = interrupted
      ? new AppError("upstream_unavailable", "The upstream ended its answer early", { retryAfterS: 2 })
      : isMuted
        ? this.#judgeFailure(attempt, tap.error).error
        : hold?.clampedBy && tap.incompleteReason !== null && tap.incompleteReason !== "content_filter"
          ? clampError(hold.clampedBy, this.#of.options.publicUrl)
          : null;
    if (error) this.#of.noteError(error);
    const fate = await this.#of.books.settleAll(hold, charged, tap, attempt);
    if (fate === "journaled" && !(await this.#of.withhold())) {
      this.#of.setFailed(true);
    } else if (error && (interrupted || isMuted || this.#of.record.client === "codex")) {
      await this.#of.voice.fail(error);
      this.#of.setFailed(interrupted || isMuted);
    } else {
      await this.#of.voice.release(end.terminal);
      this.#of.setFailed(upstreamFailed);
    }
    return { kind: "done" };
  }

  async #whole(
    attempt: AttemptRecord,
    answer: UpstreamAnswer & { kind: "answer" },
    hold: PlacedHold | null,
    price: Price | null,
  ): Promise<AttemptEnd> {
    const body = await readJsonAnswer(answer.body);
    const tap = readJsonResult(this.#of.wire, answer.status, body ?? Buffer.alloc(0));
    const broken = body === null || !tap.isJson;
    const upstreamFailed = !broken && tap.terminal === "failed";
    const charged = await this.#of.books.charge(broken ? { ...tap, reading: null } : tap, hold, { accepted: true, upstreamFailed });
    this.#of.record.outcome = outcomeOf(tap.terminal, { interrupted: broken, upstreamFailed });
    this.#of.record.status = answer.status;
    this.#of.record.firstContentMs = this.#of.books.sinceStartMs();
    attempt.reason = broken ? "cut_in_answer" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
    this.#of.books.noteAnswer(attempt, tap, charged, hold, price, broken ? "ambiguous" : upstreamFailed ? "failed" : "answered");
    if (broken) {
      await this.#of.books.settleAttempt(hold, charged);
      return {
        kind: "ambiguous",
        error: new AppError("upstream_unavailable", "The upstream ended its answer early. Try again.", { retryAfterS: 2 }),
      };
    }
    this.#of.record.replyBytes = body.byteLength;
    if ((await this.#of.books.settleAll(hold, charged, tap, attempt)) === "journaled" && !(await this.#of.withhold())) {
      this.#of.setFailed(true);
      return { kind: "done" };
    }
    if (this.#of.isHeadSent()) {
      // Asked to stream, upstream sent one piece after we had begun a stream of our own.
      const error = new AppError("upstream_unavailable", "The upstream answered in another form than was asked for", { retryAfterS: 2 });
      this.#of.setFailed(true);
      await this.#of.voice.fail(error);
      return { kind: "done" };
    }
    if (upstreamFailed && upstreamOf(attempt).operatorKey) {
      await this.#of.tellError(this.#judgeFailure(attempt, tap.error).error);
      return { kind: "done" };
    }
    const headers = { ...clientHeaders(answer.headers, upstreamOf(attempt)), ...this.#laneHeaders(attempt) };
    this.#of.sendHead({ status: answer.status, headers, body: scrubJson(body, upstreamOf(attempt)) });
    return { kind: "done" };
  }

  async #noAnswer(
    attempt: AttemptRecord,
    answer: Exclude<UpstreamAnswer, { kind: "answer" }>,
    hold: PlacedHold | null,
  ): Promise<AttemptEnd> {
    if (answer.kind === "not_sent") {
      await this.#of.books.voidHold(hold, ZERO_USD);
      this.#changeLane(attempt, {
        state: "cooling",
        reason: answer.code,
        until: new Date(this.#of.ports.now().getTime() + UNREACHABLE_MS),
      });
      return this.#declined(
        attempt,
        answer.code,
        new AppError("upstream_unavailable", "The upstream cannot be reached right now. Try again shortly.", { retryAfterS: 5 }),
      );
    }
    const code = answer.kind === "aborted" ? "aborted" : answer.code;
    const possible = hold ? ambiguousCost(hold.price, hold.quote) : ZERO_USD;
    await this.#of.books.voidHold(hold, possible);
    attempt.providerCost = possible;
    attempt.outcome = "ambiguous";
    attempt.reason = code;
    attempt.durationMs = this.#of.books.sinceStartMs() - attempt.offsetMs;
    this.#of.books.decide(attempt.lane, "declined", "ambiguous", code);
    return {
      kind: "ambiguous",
      error: new AppError("upstream_unavailable", "The upstream did not answer. Try again shortly.", { retryAfterS: 2, detail: code }),
    };
  }

  async #refusedByUpstream(
    attempt: AttemptRecord,
    answer: UpstreamAnswer & { kind: "answer" },
    hold: PlacedHold | null,
  ): Promise<AttemptEnd> {
    const body = await readJsonAnswer(answer.body);
    const result = readJsonResult(this.#of.wire, answer.status, body ?? Buffer.alloc(0));
    const retryAfter = answer.headers["retry-after"];
    const refusal = classifyRefusal({
      lane: attempt.lane,
      status: answer.status,
      error: result.error ?? (body && !result.isJson ? { code: null, type: null, message: body.toString("utf8", 0, 500) } : null),
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      resetsAtS: resetsAtOf(body),
      now: this.#of.ports.now(),
    });
    if (refusal.kind === "declined") {
      this.#heedRefusal(attempt, refusal);
    }
    await this.#of.books.voidHold(hold, ZERO_USD);
    return this.#declined(
      attempt,
      refusal.kind === "declined" ? refusal.reason : `status_${answer.status}`,
      refusal.error,
      refusal.kind === "final",
    );
  }

  async #endRefused(
    attempt: AttemptRecord,
    hold: PlacedHold | null,
    charged: Charge | null,
    kind: "declined" | "final",
    reason: string,
    error: AppError,
  ): Promise<AttemptEnd> {
    if (hold && charged) {
      attempt.usage = charged.usage;
      attempt.cost = charged.cost;
      attempt.providerCost = charged.providerCost;
      await this.#of.books.settleAttempt(hold, charged);
    }
    return this.#declined(attempt, reason, error, kind === "final");
  }

  #declined(attempt: AttemptRecord, reason: string, error: AppError, isFinal = false): AttemptEnd {
    attempt.outcome = isFinal ? "failed" : "declined";
    attempt.reason = reason;
    attempt.durationMs = this.#of.books.sinceStartMs() - attempt.offsetMs;
    this.#of.books.decide(attempt.lane, "declined", reason, error.message);
    return { kind: isFinal ? "final" : "declined", error };
  }

  /** A failure inside of a stream or an answer, which came with a success status. */
  #judgeFailure({ lane }: AttemptRecord, error: UpstreamError | null): Refusal {
    return classifyRefusal({ lane, status: 200, error, retryAfter: undefined, resetsAtS: null, now: this.#of.ports.now() });
  }

  /** The lane's state follows; what an operator's own account has to do with it goes to the operator alone. */
  #heedRefusal(attempt: AttemptRecord, refusal: Refusal & { kind: "declined" }): void {
    const { providerId } = upstreamOf(attempt);
    if (refusal.change) this.#changeLane(attempt, refusal.change);
    if (providerId)
      this.#of.ports.alarm({ kind: "provider_declines", subject: providerId, detail: refusal.error.detail ?? refusal.reason });
  }

  #changeLane(attempt: AttemptRecord, change: Parameters<GatewayPorts["changeLane"]>[1]): void {
    this.#of.ports.changeLane(attempt.lane, change);
  }

  /** One operator key serves many owners: what names a cache or an end user upstream is made the owner's own. */
  #shieldOwner(edits: BodyEdit[], notes: string[]): void {
    const { ports, key, facts } = this.#of;
    if (facts.promptCacheKey !== null) {
      edits.push({ op: "set", key: "prompt_cache_key", json: JSON.stringify(ports.ownerHmac(key.userId, facts.promptCacheKey)) });
      notes.push("prompt_cache_key made the owner's own");
    }
    edits.push({ op: "set", key: "safety_identifier", json: JSON.stringify(ports.ownerHmac(key.userId, "safety_identifier")) });
    notes.push("safety_identifier set");
  }

  #laneHeaders(attempt: AttemptRecord): Record<string, string> {
    return { "x-request-id": this.#of.record.id, "x-switchyard-lane": attempt.lane.kind };
  }
}

function outcomeOf(terminal: Terminal | null, how: { interrupted: boolean; upstreamFailed: boolean }): RequestRecord["outcome"] {
  if (how.interrupted) return "interrupted";
  if (how.upstreamFailed) return "failed";
  return terminal === "incomplete" ? "incomplete" : "completed";
}

function clampError(by: "wallet" | "budget", publicUrl: string): AppError {
  return by === "wallet"
    ? new AppError("wallet_empty", `Your wallet covered only part of this answer. How to add credit: ${publicUrl}/dashboard`)
    : new AppError("budget_reached", `This API key's budget covered only part of this answer. Change it at ${publicUrl}/dashboard.`);
}
