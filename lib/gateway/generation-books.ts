import assert from "node:assert/strict";
import { charge, type Charge } from "@/lib/gateway/charge";
import type { PlacedHold } from "@/lib/gateway/place-hold";
import type { LaneDecision, PlannedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayLane, GatewayPorts, HoldEnd, RequestProgress, Settlement, SettlementFate } from "@/lib/gateway/ports";
import { attemptRows, requestRow, type AttemptRecord, type RequestRecord } from "@/lib/gateway/request-record";
import { countOutputTokens } from "@/lib/metering/estimate";
import { NOTHING_SEEN, type TapResult } from "@/lib/metering/tap-type";
import { ZERO_USD } from "@/lib/money/micro-usd";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import { NO_USAGE, type UsageReading } from "@/lib/openai/usage-type";
import { cost } from "@/lib/pricing/cost";
import type { Price } from "@/lib/pricing/price-type";

/** Of English text and of code, about. */
const CHARS_PER_TOKEN = 4;

type BooksInput = {
  ports: GatewayPorts;
  key: GatewayKey;
  record: RequestRecord;
  wire: Wire;
  facts: RequestFacts;
  model: string;
  isClientGone: () => boolean;
  replyBytes: () => number;
  /** Keeps the thread on the lane that has answered it; never fails. */
  keepThread: (laneId: string) => Promise<void> | null;
};

type Live = { hold: PlacedHold | null; tap: (() => TapResult) | null; accepted: boolean };

/**
 * The money and the log of one generation: which hold is live, what an attempt costs, and the settlement that ends it all. Every
 * hold that is placed ends here, or by expiry when the process dies.
 */
export class GenerationBooks {
  live: Live = { hold: null, tap: null, accepted: false };
  /** Behind the one that is being tried. */
  lanesLeft: readonly PlannedLane[] = [];
  /** Of a hold that the database was asked for and whose answer has not come: it may stand there. */
  holdInDoubt: string | null = null;
  readonly #input: BooksInput;
  /** The last one that was asked for: asking again changes nothing. */
  #settlement: Settlement | null = null;
  #counted = { attemptNo: 0, length: 0, tokens: 0 };

  constructor(input: BooksInput) {
    this.#input = input;
  }

  sinceStartMs(): number {
    return Math.max(0, this.#input.ports.now().getTime() - this.#input.record.startedAt.getTime());
  }

  openAttempt(lane: GatewayLane): AttemptRecord {
    const attempt: AttemptRecord = {
      attemptNo: this.#input.record.attempts.length + 1,
      lane,
      outcome: "failed",
      reason: null,
      upstreamStatus: null,
      upstreamRequestId: null,
      offsetMs: this.sinceStartMs(),
      durationMs: 0,
      queuedMs: null,
      firstByteMs: null,
      usage: NO_USAGE,
      cost: ZERO_USD,
      providerCost: ZERO_USD,
    };
    this.#input.record.attempts.push(attempt);
    this.forgetAnswer();
    return attempt;
  }

  /** How far a try came says nothing of the next one. A hold is left alone: whoever placed it ends it. */
  forgetAnswer(): void {
    if (!this.live.hold) this.live = { hold: null, tap: null, accepted: false };
  }

  decide(lane: GatewayLane, decision: LaneDecision["decision"], reason: string | null, evidence: string | null): void {
    this.#input.record.decisions.push({
      laneId: lane.id,
      laneKind: lane.kind,
      label: lane.label,
      decision,
      reason,
      evidence: evidence?.slice(0, 300) ?? null,
    });
  }

  skipRest(reason: "not_needed" | "paid_after_ambiguous"): void {
    for (const rest of this.lanesLeft) this.decide(rest.lane, "skipped", reason, null);
  }

  /** What a heartbeat tells the database, for who looks and in case the process dies. Null: no lane is being tried. */
  async progress(): Promise<RequestProgress | null> {
    const { hold, tap, accepted } = this.live;
    const { id: requestId, attempts } = this.#input.record;
    const attempt = attempts.at(-1);
    if (!attempt) return null;
    const { attemptNo, lane } = attempt;
    const place = { requestId, laneId: lane.id, holdId: hold?.id ?? null };
    if (!accepted) return { ...place, stage: null, outputTokens: 0 };
    const seen = tap?.();
    if (!seen?.firstContentSeen) return { ...place, stage: "accepted", outputTokens: 0 };
    // Only what is new since the last time: long answers are not read again and again.
    const text = seen.outputSeen();
    // Where nothing is paid for it the number is only looked at: no work for the tokenizer, which the streams of all customers would wait for.
    if (!hold) return { ...place, stage: "content", outputTokens: Math.ceil(text.length / CHARS_PER_TOKEN) };
    const from = this.#counted.attemptNo === attemptNo ? this.#counted.length : 0;
    const before = from === 0 ? 0 : this.#counted.tokens;
    this.#counted = { attemptNo, length: text.length, tokens: before + (await countOutputTokens(text.slice(from))) };
    return { ...place, stage: "content", outputTokens: this.#counted.tokens };
  }

  async charge(tap: TapResult, hold: PlacedHold | null, how: { accepted: boolean; upstreamFailed: boolean }): Promise<Charge | null> {
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
        detail: `${this.#input.record.id}: ${charged.loss} micro-dollars above the hold`,
      });
    }
    return charged;
  }

  noteAnswer(
    attempt: AttemptRecord,
    tap: TapResult,
    how: { charged: Charge | null; hold: PlacedHold | null; price: Price | null; outcome: AttemptRecord["outcome"] },
  ): void {
    const { charged, hold, price, outcome } = how;
    const { ports } = this.#input;
    const reading = usable(tap.reading);
    const usage = charged?.usage ?? reading?.usage ?? NO_USAGE;
    const upstream = upstreamOf(attempt);
    attempt.outcome = outcome;
    attempt.durationMs = this.sinceStartMs() - attempt.offsetMs;
    Object.assign(attempt, { usage, cost: charged?.cost ?? ZERO_USD, providerCost: charged?.providerCost ?? ZERO_USD });
    Object.assign(this.#input.record, {
      lane: attempt.lane,
      servedModel: tap.servedModel,
      usage,
      webSearchCalls: tap.webSearchCalls,
      usageEstimated: charged?.estimated ?? tap.reading?.flags.includes("estimated") ?? false,
      usageFlags: tap.reading?.flags ?? ["missing"],
      usageRaw: boundedRaw(tap.reading),
      holdId: hold?.id ?? null,
      holdAmount: hold?.amount ?? null,
      priceId: hold?.price.id ?? price?.id ?? null,
      costOnWallet: price ? cost(usage, tap.webSearchCalls, price.sell) : null,
    } satisfies Partial<RequestRecord>);
    if (tap.incompleteReason !== null) {
      this.#input.record.errorCode = tap.incompleteReason;
      this.#input.record.errorText = `The answer was cut short: ${tap.incompleteReason}.`;
    }
    if (outcome === "ambiguous") {
      this.decide(attempt.lane, "declined", "ambiguous", attempt.reason);
    } else {
      this.decide(attempt.lane, "answered", null, null);
      this.skipRest("not_needed");
    }
    if (!upstream.providerId || outcome !== "answered") return;
    ports.noteUsageReport(upstream.providerId, reading !== null);
    if (tap.servedModel !== null && !isSameModel(tap.servedModel, this.#input.model)) {
      ports.alarm({
        kind: "served_model_differs",
        subject: upstream.providerId,
        detail: `asked ${this.#input.model}, got ${tap.servedModel} (${this.#input.record.id})`,
      });
    }
    if (tap.serviceTier !== null && tap.serviceTier !== "default" && tap.serviceTier !== "auto") {
      ports.alarm({
        kind: "service_tier_differs",
        subject: upstream.providerId,
        detail: `got ${tap.serviceTier} (${this.#input.record.id})`,
      });
    }
  }

  /** Ends the hold of an attempt that is not the last word, and keeps the request open. */
  async settleAttempt(hold: PlacedHold | null, charged: Charge | null): Promise<void> {
    if (!hold || !charged) return;
    this.live = { hold: null, tap: null, accepted: false };
    await this.#settle({ holds: [holdEnd(hold, charged)], request: null, attempts: [] });
  }

  /** What a bug left: this process lives on, so no expiry would ever give the money back. */
  async endLiveHold(): Promise<void> {
    const { hold, tap, accepted } = this.live;
    if (!hold) return;
    const attempt = this.#input.record.attempts.at(-1);
    const charged = await this.charge(tap?.() ?? NOTHING_SEEN, hold, { accepted, upstreamFailed: false });
    if (attempt && charged) Object.assign(attempt, { usage: charged.usage, cost: charged.cost, providerCost: charged.providerCost });
    await this.settleAttempt(hold, charged);
  }

  async voidHold(hold: PlacedHold | null, providerCost: typeof ZERO_USD): Promise<void> {
    if (!hold) return;
    this.live = { hold: null, tap: null, accepted: false };
    await this.#settle({
      holds: [{ id: hold.id, kind: "void", cost: ZERO_USD, providerCost, estimated: providerCost > 0n }],
      request: null,
      attempts: [],
    });
  }

  /** Money, log rows and admission of a finished request, in one transaction. */
  async settleAll(hold: PlacedHold | null, charged: Charge | null, tap: TapResult, attempt: AttemptRecord): Promise<SettlementFate> {
    const { ports, key, facts } = this.#input;
    let stored: Promise<unknown> | null = null;
    if (
      attempt.lane.kind === "api_key" &&
      tap.responseId !== null &&
      this.#input.wire === "responses" &&
      facts.store !== false &&
      this.#input.record.outcome === "completed"
    ) {
      const record = { userId: key.userId, keyId: key.keyId, laneId: attempt.lane.id, upstreamId: tap.responseId };
      // Without its row the id answers 404 later; that is no reason to fail the answer that is here.
      stored = ports
        .recordStoredResponse(record)
        .catch((error: unknown) => ports.alarm({ kind: "response_id_not_kept", subject: record.upstreamId, detail: String(error) }));
    }
    this.live = { hold: null, tap: null, accepted: false };
    const [fate] = await Promise.all([
      this.#settle(this.#closing(hold && charged ? [holdEnd(hold, charged)] : [])),
      stored,
      this.#input.keepThread(attempt.lane.id),
    ]);
    return fate;
  }

  #settle(part: {
    holds: HoldEnd[];
    request: Record<string, unknown> | null;
    attempts: Record<string, unknown>[];
  }): Promise<SettlementFate> {
    const { ports, key } = this.#input;
    this.#settlement = { requestId: this.#input.record.id, keyId: key.keyId, userId: key.userId, ...part };
    return ports.settle(this.#settlement);
  }

  #closing(holds: HoldEnd[]): { holds: HoldEnd[]; request: Record<string, unknown>; attempts: Record<string, unknown>[] } {
    this.#input.record.clientGone = this.#input.isClientGone();
    if (this.#input.record.stream) this.#input.record.replyBytes = this.#input.replyBytes();
    return { holds, request: requestRow(this.#input.record, this.#input.ports.now()), attempts: attemptRows(this.#input.record) };
  }

  /** Nobody answered: the log gets the request, and a hold that may stand is given back. */
  async settleRefused(): Promise<void> {
    const hold = this.holdInDoubt;
    await this.#settle(
      this.#closing(hold === null ? [] : [{ id: hold, kind: "void", cost: ZERO_USD, providerCost: ZERO_USD, estimated: false }]),
    );
  }

  /** The last settlement once more, for one that is on disk and not on the ledger yet. */
  async settleAgain(): Promise<SettlementFate> {
    assert(this.#settlement, "only what was settled is settled again");
    return this.#input.ports.settle(this.#settlement);
  }
}

/** A Codex lane is the owner's own, with nothing of the operator's in it. */
export function upstreamOf({ lane }: AttemptRecord): { operatorKey: boolean; providerId: string | null } {
  return lane.upstream ?? { operatorKey: false, providerId: null };
}

function holdEnd(hold: PlacedHold, charged: Charge): HoldEnd {
  return { id: hold.id, kind: "settle", cost: charged.cost, providerCost: charged.providerCost, estimated: charged.estimated };
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
