import assert from "node:assert/strict";
import { AppError } from "@/lib/errors/app-error";
import { ambiguousCost, charge, type Charge } from "@/lib/gateway/charge";
import { callUpstream, type UpstreamAnswer } from "@/lib/gateway/call-upstream";
import { classifyRefusal, type Refusal } from "@/lib/gateway/classify-refusal";
import { admitOnly, placeHold, type PlacedHold } from "@/lib/gateway/place-hold";
import { planLanes, type LaneDecision, type PlannedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayOptions, GatewayPorts, HoldEnd, Settlement, SettlementFate } from "@/lib/gateway/ports";
import { readJsonAnswer, resetsAtOf } from "@/lib/gateway/read-json-answer";
import { refusalOfPlan } from "@/lib/gateway/refusal-of-plan";
import { Outlet, type ReplyHead } from "@/lib/gateway/outlet";
import type { Relay } from "@/lib/gateway/relay";
import { attemptRows, requestRow, type AttemptRecord, type RequestRecord } from "@/lib/gateway/request-record";
import { runStream, type StreamEnd } from "@/lib/gateway/run-stream";
import { ClientVoice } from "@/lib/gateway/client-voice";
import type { HeaderMap, Reply } from "@/lib/http/call";
import { countOutputTokens } from "@/lib/metering/estimate";
import { readJsonResult } from "@/lib/metering/json-tap";
import { NOTHING_SEEN, type TapResult, type UpstreamError } from "@/lib/metering/tap-type";
import { ZERO_USD } from "@/lib/money/micro-usd";
import { errorReply } from "@/lib/openai/error-face";
import { clientHeaders, upstreamHeaders } from "@/lib/openai/forward-headers";
import type { BodyScan } from "@/lib/openai/json-scan";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import { scrubJson } from "@/lib/openai/scrub-event";
import { spliceBody, type BodyEdit } from "@/lib/openai/splice";
import { NO_USAGE, type UsageReading } from "@/lib/openai/usage-type";
import { cost } from "@/lib/pricing/cost";
import type { Price } from "@/lib/pricing/price-type";

/*
 * One generation: a request on its way through the owner's lanes, independent of the client that waits for it.
 *
 *   waiting -> (attempt -> declined)* -> attempt -> content -> terminal -> settled -> released
 *
 * Invariants
 * - Nothing of an attempt reaches the client before its first content event; until then the next lane may take over.
 * - After the first content byte there is no other lane.
 * - The terminal reaches the client only after its settlement is durable.
 * - The client leaving changes nothing here: the answer is drained so that its real usage is known, until the deadline.
 */

export type GenerationInput = {
  ports: GatewayPorts;
  options: GatewayOptions;
  key: GatewayKey;
  record: RequestRecord;
  wire: Wire;
  headers: HeaderMap;
  bytes: Buffer;
  scan: BodyScan;
  facts: RequestFacts;
  model: string;
  /** Edits that every lane gets, such as the key's default model. */
  edits: readonly BodyEdit[];
  /** Called once, when no lane can need the body any more. */
  onBodyDone: () => void;
};

/** How long an answer that is not booked yet is kept for its client, and how often booking is tried beyond the settler's own tries. */
const WITHHELD_MS = 10 * 60_000;
const WITHHELD_PAUSE_MS = 250;
const WITHHELD_RETRY_S = 10;
const CLIENT_GONE = "The client left before the request was sent on.";

/** How one attempt ended for the loop over the lanes. */
type AttemptEnd =
  { kind: "done" } | { kind: "declined"; error: AppError } | { kind: "ambiguous"; error: AppError } | { kind: "final"; error: AppError };

type Live = { hold: PlacedHold | null; tap: (() => TapResult) | null; accepted: boolean };

export class Generation {
  readonly record: RequestRecord;
  /** Resolves when everything is settled and written. */
  readonly finished: Promise<void>;
  failed = false;
  delivered = false;
  onDelivered: (() => void) | null = null;
  clientsCame = 0;

  readonly #input: Omit<GenerationInput, "bytes" | "scan">;
  /** Null from the first content on: an answer that is kept for its client must not keep the request as well. */
  #body: Pick<GenerationInput, "bytes" | "scan"> | null;
  readonly #voice: ClientVoice;
  readonly #abort = new AbortController();
  #outlet = new Outlet();
  #admitted = false;
  #clientsLeft = 0;
  #live: Live = { hold: null, tap: null, accepted: false };
  /** The last one that was asked for: asking again changes nothing. */
  #settlement: Settlement | null = null;
  #counted = { hold: "", length: 0, tokens: 0 };
  /** Behind the one that is being tried. */
  #lanesLeft: readonly PlannedLane[] = [];
  /** Of a hold that the database was asked for and whose answer has not come: it may stand there. */
  #holdInDoubt: string | null = null;

  constructor({ bytes, scan, ...input }: GenerationInput) {
    this.#input = input;
    this.#body = { bytes, scan };
    this.record = input.record;
    this.#voice = new ClientVoice({
      wire: input.wire,
      client: input.record.client,
      requestId: input.record.id,
      model: input.model,
      relay: this.relay,
      silenceMs: input.options.silenceMs,
      createdAtS: Math.floor(input.record.startedAt.getTime() / 1000),
      speakFirst: () =>
        this.#sendHead({ status: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-cache" }, body: null }),
    });
    this.finished = this.#run();
  }

  /** The bytes of the current telling. */
  get relay(): Relay {
    return this.#outlet.relay;
  }

  /** A reply for one client; a second client of the same generation gets the same bytes from the start. */
  async reply(signal: AbortSignal): Promise<Reply> {
    this.clientsCame += 1;
    const leave = () => {
      this.#clientsLeft += 1;
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    const outlet = this.#outlet;
    const head = await outlet.head;
    return {
      status: head.status,
      headers: head.headers,
      body: head.body ?? outlet.relay.read(),
      onEnd: (delivered) => {
        signal.removeEventListener("abort", leave);
        // An outlet that was left told only half of it.
        if (!delivered || outlet !== this.#outlet) return;
        this.delivered = true;
        this.onDelivered?.();
      },
    };
  }

  /** What a heartbeat tells the database: how far this request has come, in case the process dies. */
  async progress(): Promise<{ holdId: string; stage: "accepted" | "content"; outputTokens: number } | null> {
    const { hold, tap, accepted } = this.#live;
    if (!hold || !accepted) return null;
    const seen = tap?.();
    if (!seen?.firstContentSeen) return { holdId: hold.id, stage: "accepted", outputTokens: 0 };
    // Only what is new since the last time: long answers are not read again and again.
    const text = seen.outputSeen();
    const from = this.#counted.hold === hold.id ? this.#counted.length : 0;
    const before = from === 0 ? 0 : this.#counted.tokens;
    this.#counted = { hold: hold.id, length: text.length, tokens: before + (await countOutputTokens(text.slice(from))) };
    return { holdId: hold.id, stage: "content", outputTokens: this.#counted.tokens };
  }

  /** Ends the upstream call now; what was generated so far is settled as interrupted. */
  interrupt(reason: string): void {
    this.#abort.abort(new Error(reason));
    this.relay.stopWaiting();
  }

  async #run(): Promise<void> {
    const deadline = setTimeout(() => this.interrupt("deadline"), this.#input.options.streamDeadlineMs);
    try {
      if (this.record.stream) this.#voice.start();
      const error = await this.#tryLanes();
      if (error) await this.#refuse(error);
    } catch (error) {
      // Only bugs and a database that is away come here.
      this.#input.ports.alarm({
        kind: "generation_failed",
        subject: this.record.id,
        detail: String((error as Error).stack ?? error).slice(0, 2000),
      });
      await this.#endLiveHold().catch(() => {});
      await this.#refuse(error instanceof AppError ? error : new AppError("internal", "Internal error", { cause: error })).catch(() => {});
    } finally {
      clearTimeout(deadline);
      this.#dropBody();
      this.#voice.stop();
      this.relay.end();
    }
  }

  async #tryLanes(): Promise<AppError | null> {
    const { ports, options, key, facts, model } = this.#input;
    const price = await ports.priceOf(model);
    const storedOn = facts.previousResponseId === null ? undefined : await ports.findStoredResponse(key.userId, facts.previousResponseId);
    const plan = planLanes({ lanes: key.lanes, facts, price, storedOn, webSearchCallsMax: options.webSearchCallsMax, now: ports.now() });
    for (const skip of plan.skipped) this.#decide(skip.lane, "skipped", skip.reason, skip.evidence);
    if (plan.candidates.length === 0) return refusalOfPlan(plan.skipped, { model, publicUrl: options.publicUrl, now: ports.now() });

    let last: AppError | null = null;
    for (const [index, planned] of plan.candidates.entries()) {
      this.#lanesLeft = plan.candidates.slice(index + 1);
      const end = await this.#attempt(planned, price);
      if (end.kind === "done") return null;
      last = end.error;
      if (end.kind === "final") return last;
      if (end.kind === "ambiguous") {
        this.#skipRest("paid_after_ambiguous");
        return last;
      }
      if (this.#abort.signal.aborted) return last;
    }
    if (last?.code !== "lanes_exhausted") return last;
    const { resetsAt, retryAfterS } = last;
    return new AppError(last.code, `${last.message} Add a lane at ${options.publicUrl}/dashboard.`, { resetsAt, retryAfterS });
  }

  async #attempt(planned: PlannedLane, price: Price | null): Promise<AttemptEnd> {
    const { ports, key, options } = this.#input;
    const { lane } = planned;
    const { upstream } = lane;
    assert(upstream, "a planned lane has an upstream");
    if (this.#isClientGone()) {
      // Nothing has been sent for it yet, so nothing need be.
      this.record.outcome = "interrupted";
      return { kind: "final", error: new AppError("request_invalid", CLIENT_GONE) };
    }
    const attempt = this.#openAttempt(planned);

    let hold: PlacedHold | null = null;
    const edits = [...this.#input.edits, ...planned.edits];
    const notes = [...planned.notes];
    if (lane.kind === "wallet") {
      assert(planned.price && upstream.providerId, "a planned wallet lane has a price and a provider");
      const placed = await placeHold({
        ports,
        options,
        key,
        record: this.record,
        facts: this.#input.facts,
        laneId: lane.id,
        providerId: upstream.providerId,
        price: planned.price,
        attemptNo: attempt.attemptNo,
        admit: !this.#admitted,
        signal: this.#abort.signal,
        isClientGone: () => this.#isClientGone(),
        onPlacing: (holdId) => {
          this.#holdInDoubt = holdId;
        },
      });
      if (placed.kind === "refused") return this.#declined(attempt, placed.reason, placed.error, placed.isFinal);
      hold = placed.hold;
      if (placed.outputCap !== null) {
        edits.push({ op: "set", key: this.#input.facts.outputTokensKey, json: String(placed.outputCap) });
        notes.push(
          `${this.#input.facts.outputTokensKey} set to ${placed.outputCap}${hold.clampedBy ? ` (what the ${hold.clampedBy} covers)` : ""}`,
        );
      }
      this.#shieldOwner(edits, notes);
    } else if (!this.#admitted) {
      const admission = await admitOnly({ ports, key, record: this.record, options });
      if (admission) return this.#declined(attempt, admission.reason, admission.error, true);
    }
    this.#admitted = true;
    if (this.#input.wire === "chat" && this.record.stream && !this.#input.facts.includeUsage) {
      edits.push({ op: "set", key: "stream_options", json: JSON.stringify({ ...this.#input.facts.streamOptions, include_usage: true }) });
      notes.push("stream_options.include_usage set, its chunk taken out again");
    }
    this.record.edits.push(...notes.map((note) => `${lane.label}: ${note}`));
    if (this.#isClientGone()) {
      await this.#voidHold(hold, ZERO_USD);
      this.record.outcome = "interrupted";
      return this.#declined(attempt, "client_gone", new AppError("request_invalid", CLIENT_GONE), true);
    }
    this.#live = { hold, tap: null, accepted: false };

    const answer = await callUpstream({
      upstream,
      method: "POST",
      path: this.#input.wire === "responses" ? "/responses" : "/chat/completions",
      headers: { ...upstreamHeaders(this.#input.headers, upstream), "content-type": "application/json" },
      body: this.#spliced(edits),
      signal: this.#abort.signal,
    });
    if (answer.kind !== "answer") return this.#noAnswer(attempt, answer, hold);

    attempt.upstreamStatus = answer.status;
    attempt.upstreamRequestId = String(answer.headers["x-request-id"] ?? "") || null;
    attempt.firstByteMs = this.#sinceStart() - attempt.offsetMs;
    this.record.firstByteMs ??= this.#sinceStart();
    if (answer.status < 200 || answer.status > 299) return this.#refusedByUpstream(attempt, answer, hold);
    this.#live.accepted = true;
    const isJson = String(answer.headers["content-type"] ?? "").includes("application/json");
    return this.record.stream && !isJson ? this.#streamed(attempt, answer, hold, price) : this.#whole(attempt, answer, hold, price);
  }

  async #streamed(
    attempt: AttemptRecord,
    answer: UpstreamAnswer & { kind: "answer" },
    hold: PlacedHold | null,
    price: Price | null,
  ): Promise<AttemptEnd> {
    const end: StreamEnd = await runStream({
      wire: this.#input.wire,
      body: answer.body,
      voice: this.#voice,
      upstream: this.#upstreamOf(attempt),
      includeUsage: this.#input.facts.includeUsage,
      onTap: (tap) => {
        this.#live.tap = tap;
      },
      onContent: () => {
        this.record.firstContentMs = this.#sinceStart();
        this.#dropBody();
        this.#sendHead({
          status: 200,
          headers: { ...clientHeaders(answer.headers, this.#upstreamOf(attempt)), ...this.#laneHeaders(attempt) },
          body: null,
        });
      },
      judgeFailure: (error) => this.#judgeFailure(attempt, error),
    });
    if (end.kind !== "ended") {
      if (end.refusal.kind === "declined") this.#heedRefusal(attempt, end.refusal);
      const charged = await this.#charge(end.tap, hold, { accepted: true, upstreamFailed: true });
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
    const charged = await this.#charge(tap, hold, { accepted: true, upstreamFailed });
    this.record.outcome = interrupted
      ? "interrupted"
      : upstreamFailed
        ? "failed"
        : tap.terminal === "incomplete"
          ? "incomplete"
          : "completed";
    this.record.status = 200;
    // Taken and then cut before it said anything: it may cost money, so no other paid lane takes it by itself.
    const isAmbiguous = interrupted && !tap.firstContentSeen && !this.#outlet.isOpen;
    attempt.reason = isAmbiguous ? "cut_before_content" : interrupted ? "cut" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
    this.#noteAnswer(attempt, tap, charged, hold, price, isAmbiguous ? "ambiguous" : interrupted || upstreamFailed ? "failed" : "answered");
    if (isAmbiguous) {
      await this.#settleAttempt(hold, charged);
      return {
        kind: "ambiguous",
        error: new AppError("upstream_unavailable", "The upstream ended its answer before it began. Try again.", { retryAfterS: 2 }),
      };
    }
    // What a provider says when it fails speaks of the operator's account; a customer's own upstream may say what it wants.
    const isMuted = upstreamFailed && this.#upstreamOf(attempt).operatorKey;
    const error = interrupted
      ? new AppError("upstream_unavailable", "The upstream ended its answer early", { retryAfterS: 2 })
      : isMuted
        ? this.#judgeFailure(attempt, tap.error).error
        : hold?.clampedBy && tap.incompleteReason !== null && tap.incompleteReason !== "content_filter"
          ? clampError(hold.clampedBy, this.#input.options.publicUrl)
          : null;
    if (error) this.#noteError(error);
    const fate = await this.#settleAll(hold, charged, tap, attempt);
    if (fate === "journaled" && !(await this.#withhold())) {
      this.failed = true;
    } else if (error && (interrupted || isMuted || this.record.client === "codex")) {
      await this.#voice.fail(error);
      this.failed = interrupted || isMuted;
    } else {
      await this.#voice.release(end.terminal);
      this.failed = upstreamFailed;
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
    const tap = readJsonResult(this.#input.wire, answer.status, body ?? Buffer.alloc(0));
    const broken = body === null || !tap.isJson;
    const upstreamFailed = !broken && tap.terminal === "failed";
    const charged = await this.#charge(broken ? { ...tap, reading: null } : tap, hold, { accepted: true, upstreamFailed });
    this.record.outcome = broken ? "interrupted" : upstreamFailed ? "failed" : tap.terminal === "incomplete" ? "incomplete" : "completed";
    this.record.status = answer.status;
    this.record.firstContentMs = this.#sinceStart();
    attempt.reason = broken ? "cut_in_answer" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
    this.#noteAnswer(attempt, tap, charged, hold, price, broken ? "ambiguous" : upstreamFailed ? "failed" : "answered");
    if (broken) {
      await this.#settleAttempt(hold, charged);
      return {
        kind: "ambiguous",
        error: new AppError("upstream_unavailable", "The upstream ended its answer early. Try again.", { retryAfterS: 2 }),
      };
    }
    this.record.replyBytes = body.byteLength;
    if ((await this.#settleAll(hold, charged, tap, attempt)) === "journaled" && !(await this.#withhold())) {
      this.failed = true;
      return { kind: "done" };
    }
    if (this.#outlet.isOpen) {
      // Asked to stream, upstream sent one piece after we had begun a stream of our own.
      const error = new AppError("upstream_unavailable", "The upstream answered in another form than was asked for", { retryAfterS: 2 });
      this.failed = true;
      await this.#voice.fail(error);
      return { kind: "done" };
    }
    if (upstreamFailed && this.#upstreamOf(attempt).operatorKey) {
      await this.#tellError(this.#judgeFailure(attempt, tap.error).error);
      return { kind: "done" };
    }
    const headers = { ...clientHeaders(answer.headers, this.#upstreamOf(attempt)), ...this.#laneHeaders(attempt) };
    this.#sendHead({ status: answer.status, headers, body: scrubJson(body, this.#upstreamOf(attempt)) });
    return { kind: "done" };
  }

  async #noAnswer(
    attempt: AttemptRecord,
    answer: Exclude<UpstreamAnswer, { kind: "answer" }>,
    hold: PlacedHold | null,
  ): Promise<AttemptEnd> {
    if (answer.kind === "not_sent") {
      await this.#voidHold(hold, ZERO_USD);
      this.#changeLane(attempt, { state: "cooling", reason: answer.code, until: new Date(this.#input.ports.now().getTime() + 5_000) });
      return this.#declined(
        attempt,
        answer.code,
        new AppError("upstream_unavailable", "The upstream cannot be reached right now. Try again shortly.", { retryAfterS: 5 }),
      );
    }
    const code = answer.kind === "aborted" ? "aborted" : answer.code;
    const possible = hold ? ambiguousCost(hold.price, hold.quote) : ZERO_USD;
    await this.#voidHold(hold, possible);
    attempt.providerCost = possible;
    attempt.outcome = "ambiguous";
    attempt.reason = code;
    attempt.durationMs = this.#sinceStart() - attempt.offsetMs;
    this.#decide(attempt.lane, "declined", "ambiguous", code);
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
    const result = readJsonResult(this.#input.wire, answer.status, body ?? Buffer.alloc(0));
    const retryAfter = answer.headers["retry-after"];
    const refusal = classifyRefusal({
      lane: attempt.lane,
      status: answer.status,
      error: result.error ?? (body && !result.isJson ? { code: null, type: null, message: body.toString("utf8", 0, 500) } : null),
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      resetsAtS: resetsAtOf(body),
      now: this.#input.ports.now(),
    });
    if (refusal.kind === "declined") {
      this.#heedRefusal(attempt, refusal);
    }
    await this.#voidHold(hold, ZERO_USD);
    return this.#declined(
      attempt,
      refusal.kind === "declined" ? refusal.reason : `status_${answer.status}`,
      refusal.error,
      refusal.kind === "final",
    );
  }

  // --- money -------------------------------------------------------------------------------------------------------------

  async #charge(tap: TapResult, hold: PlacedHold | null, how: { accepted: boolean; upstreamFailed: boolean }): Promise<Charge | null> {
    if (!hold) return null;
    const reading = usable(tap.reading);
    const seen = reading ? 0 : await countOutputTokens(tap.outputSeen());
    const charged = charge({
      price: hold.price,
      quote: hold.quote,
      amountHeld: hold.amount,
      reading,
      webSearchCalls: tap.webSearchCalls,
      contentSeen: tap.firstContentSeen,
      outputTokensSeen: seen,
      ...how,
    });
    if (charged.loss > 0n) {
      this.#input.ports.alarm({
        kind: "usage_above_hold",
        subject: hold.providerId,
        detail: `${this.record.id}: ${charged.loss} micro-dollars above the hold`,
      });
    }
    return charged;
  }

  /** Ends the hold of an attempt that is not the last word, and keeps the request open. */
  async #settleAttempt(hold: PlacedHold | null, charged: Charge | null): Promise<void> {
    if (!hold || !charged) return;
    this.#live = { hold: null, tap: null, accepted: false };
    await this.#settle({ holds: [holdEnd(hold, charged)], request: null, attempts: [] });
  }

  /** What a bug left: this process lives on, so no expiry would ever give the money back. */
  async #endLiveHold(): Promise<void> {
    const { hold, tap, accepted } = this.#live;
    if (!hold) return;
    const attempt = this.record.attempts.at(-1);
    const charged = await this.#charge(tap?.() ?? NOTHING_SEEN, hold, { accepted, upstreamFailed: false });
    if (attempt && charged) Object.assign(attempt, { usage: charged.usage, cost: charged.cost, providerCost: charged.providerCost });
    await this.#settleAttempt(hold, charged);
  }

  async #voidHold(hold: PlacedHold | null, providerCost: typeof ZERO_USD): Promise<void> {
    if (!hold) return;
    this.#live = { hold: null, tap: null, accepted: false };
    await this.#settle({
      holds: [{ id: hold.id, kind: "void", cost: ZERO_USD, providerCost, estimated: providerCost > 0n }],
      request: null,
      attempts: [],
    });
  }

  /** Money, log rows and admission of a finished request, in one transaction. */
  async #settleAll(hold: PlacedHold | null, charged: Charge | null, tap: TapResult, attempt: AttemptRecord): Promise<SettlementFate> {
    const { ports, key, facts } = this.#input;
    let stored: Promise<unknown> | null = null;
    if (
      !attempt.lane.upstream?.operatorKey &&
      tap.responseId !== null &&
      this.#input.wire === "responses" &&
      facts.store !== false &&
      this.record.outcome === "completed"
    ) {
      const record = { userId: key.userId, keyId: key.keyId, laneId: attempt.lane.id, upstreamId: tap.responseId };
      // Without its row the id answers 404 later; that is no reason to fail the answer that is here.
      stored = ports
        .recordStoredResponse(record)
        .catch((error: unknown) => ports.alarm({ kind: "response_id_not_kept", subject: record.upstreamId, detail: String(error) }));
    }
    this.#live = { hold: null, tap: null, accepted: false };
    const [fate] = await Promise.all([this.#settle(this.#closing(hold && charged ? [holdEnd(hold, charged)] : [])), stored]);
    return fate;
  }

  #settle(part: {
    holds: HoldEnd[];
    request: Record<string, unknown> | null;
    attempts: Record<string, unknown>[];
  }): Promise<SettlementFate> {
    const { ports, key } = this.#input;
    this.#settlement = { requestId: this.record.id, keyId: key.keyId, userId: key.userId, ...part };
    return ports.settle(this.#settlement);
  }

  #closing(holds: HoldEnd[]): { holds: HoldEnd[]; request: Record<string, unknown>; attempts: Record<string, unknown>[] } {
    this.record.clientGone = this.#isClientGone();
    if (this.record.stream) this.record.replyBytes = this.relay.bytesWritten;
    return { holds, request: requestRow(this.record, this.#input.ports.now()), attempts: attemptRows(this.record) };
  }

  // --- ends and notes ----------------------------------------------------------------------------------------------------

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
      await this.#settleAttempt(hold, charged);
    }
    return this.#declined(attempt, reason, error, kind === "final");
  }

  #declined(attempt: AttemptRecord, reason: string, error: AppError, isFinal = false): AttemptEnd {
    attempt.outcome = isFinal ? "failed" : "declined";
    attempt.reason = reason;
    attempt.durationMs = this.#sinceStart() - attempt.offsetMs;
    this.#decide(attempt.lane, "declined", reason, error.message);
    return { kind: isFinal ? "final" : "declined", error };
  }

  #noteAnswer(
    attempt: AttemptRecord,
    tap: TapResult,
    charged: Charge | null,
    hold: PlacedHold | null,
    price: Price | null,
    outcome: AttemptRecord["outcome"],
  ): void {
    const { ports } = this.#input;
    const reading = usable(tap.reading);
    const usage = charged?.usage ?? reading?.usage ?? NO_USAGE;
    const upstream = this.#upstreamOf(attempt);
    attempt.outcome = outcome;
    attempt.durationMs = this.#sinceStart() - attempt.offsetMs;
    Object.assign(attempt, { usage, cost: charged?.cost ?? ZERO_USD, providerCost: charged?.providerCost ?? ZERO_USD });
    Object.assign(this.record, {
      lane: attempt.lane,
      servedModel: tap.servedModel,
      usage,
      webSearchCalls: tap.webSearchCalls,
      usageEstimated: charged?.estimated ?? false,
      usageFlags: tap.reading?.flags ?? ["missing"],
      usageRaw: boundedRaw(tap.reading),
      holdId: hold?.id ?? null,
      holdAmount: hold?.amount ?? null,
      priceId: hold?.price.id ?? price?.id ?? null,
      costOnWallet: price ? cost(usage, tap.webSearchCalls, price.sell) : null,
    } satisfies Partial<RequestRecord>);
    if (outcome === "ambiguous") {
      this.#decide(attempt.lane, "declined", "ambiguous", attempt.reason);
    } else {
      this.#decide(attempt.lane, "answered", null, null);
      this.#skipRest("not_needed");
    }
    if (!upstream.providerId || outcome !== "answered") return;
    ports.noteUsageReport(upstream.providerId, reading !== null);
    if (tap.servedModel !== null && !isSameModel(tap.servedModel, this.#input.model)) {
      ports.alarm({
        kind: "served_model_differs",
        subject: upstream.providerId,
        detail: `asked ${this.#input.model}, got ${tap.servedModel} (${this.record.id})`,
      });
    }
    if (tap.serviceTier !== null && tap.serviceTier !== "default" && tap.serviceTier !== "auto") {
      ports.alarm({ kind: "service_tier_differs", subject: upstream.providerId, detail: `got ${tap.serviceTier} (${this.record.id})` });
    }
  }

  /** Nobody answered: the client gets the error, the log gets the request. */
  async #refuse(error: AppError): Promise<void> {
    if (this.record.outcome !== "interrupted")
      this.record.outcome = this.record.attempts.some((attempt) => attempt.upstreamStatus !== null) ? "failed" : "refused";
    await this.#tellError(error);
    const hold = this.#holdInDoubt;
    await this.#settle(
      this.#closing(hold === null ? [] : [{ id: hold, kind: "void", cost: ZERO_USD, providerCost: ZERO_USD, estimated: false }]),
    );
  }

  /** As a whole reply, or as the end of a stream that has begun. */
  async #tellError(error: AppError): Promise<void> {
    this.failed = true;
    this.#noteError(error);
    if (this.#outlet.isOpen) {
      this.record.status = 200;
      return this.#voice.fail(error);
    }
    const reply = errorReply(error, { client: this.record.client, wire: this.#input.wire, requestId: this.record.id });
    this.record.status = reply.status;
    this.#sendHead({ status: reply.status, headers: reply.headers, body: reply.body as Uint8Array });
  }

  /**
   * The answer is whole and its settlement on disk, but not on the ledger yet. Who waits is told to come back; who comes back
   * joins this same answer, which goes on when it is booked, and is not charged a second time. False: it could not be kept.
   */
  async #withhold(): Promise<boolean> {
    const told = this.#outlet;
    const kept = told.fork();
    const away = new AppError("upstream_unavailable", "Your answer is safe on our side but could not be booked yet. Try again shortly.", {
      retryAfterS: WITHHELD_RETRY_S,
    });
    await this.#tellError(away);
    told.relay.end();
    if (!kept) return false;
    this.failed = false;
    this.#outlet = kept;
    if (this.record.stream) this.#voice.moveTo(kept.relay);
    const until = this.#input.ports.now().getTime() + WITHHELD_MS;
    while (this.#settlement && !this.#abort.signal.aborted && this.#input.ports.now().getTime() < until) {
      if ((await this.#input.ports.settle(this.#settlement)) !== "journaled") return true;
      await new Promise((resolve) => setTimeout(resolve, WITHHELD_PAUSE_MS));
    }
    return false;
  }

  #noteError(error: AppError): void {
    this.record.errorCode = error.code;
    this.record.errorText = error.message;
  }

  #spliced(edits: readonly BodyEdit[]): Buffer {
    assert(this.#body, "no lane is tried after the first content");
    return spliceBody(this.#body.bytes, this.#body.scan, edits);
  }

  #dropBody(): void {
    if (!this.#body) return;
    this.#body = null;
    this.#input.onBodyDone();
  }

  #openAttempt(planned: PlannedLane): AttemptRecord {
    const attempt: AttemptRecord = {
      attemptNo: this.record.attempts.length + 1,
      lane: planned.lane,
      outcome: "failed",
      reason: null,
      upstreamStatus: null,
      upstreamRequestId: null,
      offsetMs: this.#sinceStart(),
      durationMs: 0,
      firstByteMs: null,
      usage: NO_USAGE,
      cost: ZERO_USD,
      providerCost: ZERO_USD,
    };
    this.record.attempts.push(attempt);
    return attempt;
  }

  #decide(lane: PlannedLane["lane"], decision: LaneDecision["decision"], reason: string | null, evidence: string | null): void {
    this.record.decisions.push({
      laneId: lane.id,
      laneKind: lane.kind,
      label: lane.label,
      decision,
      reason,
      evidence: evidence?.slice(0, 300) ?? null,
    });
  }

  #skipRest(reason: "not_needed" | "paid_after_ambiguous"): void {
    for (const rest of this.#lanesLeft) this.#decide(rest.lane, "skipped", reason, null);
  }

  /** A failure inside of a stream or an answer, which came with a success status. */
  #judgeFailure({ lane }: AttemptRecord, error: UpstreamError | null): Refusal {
    return classifyRefusal({ lane, status: 200, error, retryAfter: undefined, resetsAtS: null, now: this.#input.ports.now() });
  }

  /** The lane's state follows; what an operator's own account has to do with it goes to the operator alone. */
  #heedRefusal(attempt: AttemptRecord, refusal: Refusal & { kind: "declined" }): void {
    const { providerId } = this.#upstreamOf(attempt);
    if (refusal.change) this.#changeLane(attempt, refusal.change);
    if (providerId)
      this.#input.ports.alarm({ kind: "provider_declines", subject: providerId, detail: refusal.error.detail ?? refusal.reason });
  }

  #changeLane(attempt: AttemptRecord, change: Parameters<GatewayPorts["changeLane"]>[1]): void {
    this.#input.ports.changeLane(attempt.lane, change);
  }

  #upstreamOf(attempt: AttemptRecord) {
    assert(attempt.lane.upstream, "an attempt has an upstream");
    return attempt.lane.upstream;
  }

  /** One operator key serves many owners: what names a cache or an end user upstream is made the owner's own. */
  #shieldOwner(edits: BodyEdit[], notes: string[]): void {
    const { ports, key, facts } = this.#input;
    if (facts.promptCacheKey !== null) {
      edits.push({ op: "set", key: "prompt_cache_key", json: JSON.stringify(ports.ownerHmac(key.userId, facts.promptCacheKey)) });
      notes.push("prompt_cache_key made the owner's own");
    }
    edits.push({ op: "set", key: "safety_identifier", json: JSON.stringify(ports.ownerHmac(key.userId, "safety_identifier")) });
    notes.push("safety_identifier set");
  }

  #laneHeaders(attempt: AttemptRecord): Record<string, string> {
    return { "x-request-id": this.record.id, "x-switchyard-lane": attempt.lane.kind };
  }

  #sendHead(head: ReplyHead): void {
    const headers: Record<string, string> = { "x-request-id": this.record.id, ...head.headers };
    this.#outlet.open({ ...head, headers });
  }

  #isClientGone(): boolean {
    return this.clientsCame > 0 && this.#clientsLeft >= this.clientsCame;
  }

  #sinceStart(): number {
    return Math.max(0, this.#input.ports.now().getTime() - this.record.startedAt.getTime());
  }
}

function holdEnd(hold: PlacedHold, charged: Charge): HoldEnd {
  return { id: hold.id, kind: "settle", cost: charged.cost, providerCost: charged.providerCost, estimated: charged.estimated };
}

function clampError(by: "wallet" | "budget", publicUrl: string): AppError {
  return by === "wallet"
    ? new AppError("wallet_empty", `Your wallet covered only part of this answer. Top up at ${publicUrl}/dashboard.`)
    : new AppError("budget_reached", `This API key's budget covered only part of this answer. Change it at ${publicUrl}/dashboard.`);
}

/** A usage object that held no counts is as good as none. */
function usable(reading: UsageReading | null): UsageReading | null {
  return reading === null || reading.flags.includes("missing") ? null : reading;
}

const USAGE_RAW_MAX = 4096;

function boundedRaw(reading: UsageReading | null): unknown {
  if (!reading) return null;
  const text = JSON.stringify(reading.raw);
  return text.length <= USAGE_RAW_MAX && !text.includes("\\u0000") && text.isWellFormed() ? reading.raw : null;
}

/** `gpt-5.5-2026-04-01` is what serves `gpt-5.5`. */
function isSameModel(served: string, asked: string): boolean {
  return served === asked || served.startsWith(`${asked}-`) || asked.startsWith(`${served}-`);
}
