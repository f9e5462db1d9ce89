import assert from "node:assert/strict";
import { AppError } from "@/lib/errors/app-error";
import { CLIENT_GONE, endDeclined, endGone, SEALED_ELSEWHERE, type AttemptContext, type AttemptEnd } from "@/lib/gateway/attempt";
import { callUpstream, type UpstreamAnswer } from "@/lib/gateway/call-upstream";
import { ambiguousCost } from "@/lib/gateway/charge";
import { classifyRefusal, type Refusal } from "@/lib/gateway/classify-refusal";
import { deliverAnswer } from "@/lib/gateway/deliver-answer";
import { upstreamOf } from "@/lib/gateway/generation-books";
import { admitOnly, outputCapNote, placeHold, type PlacedHold } from "@/lib/gateway/place-hold";
import type { PlannedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayPorts, PaidLane, Upstream } from "@/lib/gateway/ports";
import { readJsonAnswer, resetsAtOf } from "@/lib/gateway/read-json-answer";
import type { AttemptRecord } from "@/lib/gateway/request-record";
import { leaveOut } from "@/lib/gateway/thread";
import { readJsonResult, type JsonResult } from "@/lib/metering/json-tap";
import { ZERO_USD } from "@/lib/money/micro-usd";
import { upstreamHeaders } from "@/lib/openai/forward-headers";
import type { BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";

/** A lane that cannot be reached is left alone for this long while another one can answer. */
const UNREACHABLE_MS = 5_000;

type Answered = UpstreamAnswer & { kind: "answer" };
type Refused = { status: number; retryAfter: string | undefined; body: Buffer | null; result: JsonResult };

/** One try on one lane that forwards: hold, call, and what becomes of the answer. */
export class LaneAttempt {
  readonly #of: AttemptContext;

  constructor(of: AttemptContext) {
    this.#of = of;
  }

  async run(planned: PlannedLane<PaidLane>, price: Price | null): Promise<AttemptEnd> {
    const { ports, key, options } = this.#of;
    const { lane } = planned;
    const { upstream } = lane;
    assert(upstream, "a planned lane has an upstream");
    if (this.#of.isClientGone()) return endGone(this.#of);
    const attempt = this.#of.books.openAttempt(lane);
    this.#of.record.spillReason = planned.spill;

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
      if (placed.kind === "refused") return endDeclined(this.#of, attempt, placed.reason, placed.error, placed.isFinal);
      hold = placed.hold;
      if (placed.outputCap !== null) {
        edits.push({ op: "set", key: this.#of.facts.outputTokensKey, json: String(placed.outputCap) });
        notes.push(outputCapNote(this.#of.facts, { hold, cap: placed.outputCap }));
      }
      this.#shieldOwner(edits, notes);
    } else if (!this.#of.isAdmitted) {
      const admission = await admitOnly({ ports, key, record: this.#of.record, laneId: lane.id, options });
      if (admission) return endDeclined(this.#of, attempt, admission.reason, admission.error, true);
    }
    this.#of.isAdmitted = true;
    this.#of.books.live = { hold, tap: null, accepted: false };
    // Counted when the way is clear: what the wallet could not pay for was not taken over.
    if (planned.spill !== null && (await ports.admitSpill({ userId: key.userId, laneId: lane.id, reason: planned.spill })) === "capped") {
      await this.#of.books.voidHold(hold, ZERO_USD);
      return endDeclined(this.#of, attempt, "spill_capped", spillCapped(lane, ports.now()));
    }
    if (this.#of.wire === "chat" && this.#of.record.stream && !this.#of.facts.includeUsage) {
      edits.push({ op: "set", key: "stream_options", json: JSON.stringify({ ...this.#of.facts.streamOptions, include_usage: true }) });
      notes.push("stream_options.include_usage set, its chunk taken out again");
    }
    this.#note(lane, notes);
    if (this.#of.isClientGone()) {
      await this.#of.books.voidHold(hold, ZERO_USD);
      this.#of.record.outcome = "interrupted";
      return endDeclined(this.#of, attempt, "client_gone", new AppError("request_invalid", CLIENT_GONE), true);
    }

    let answer = await this.#call(upstream, edits);
    let refused = await readRefused(this.#of, answer);
    if (refused?.result.error?.code === SEALED_ELSEWHERE) {
      const { reasoning } = this.#of.sealed();
      if (reasoning.length > 0) {
        const without = leaveOut(reasoning);
        this.#note(lane, without.notes);
        this.#of.allSealedLeftOut = true;
        answer = await this.#call(upstream, [...edits, ...without.edits]);
        refused = await readRefused(this.#of, answer);
      }
    }
    if (answer.kind !== "answer") return this.#noAnswer(attempt, answer, hold);

    attempt.upstreamStatus = answer.status;
    attempt.upstreamRequestId = String(answer.headers["x-request-id"] ?? "") || null;
    attempt.firstByteMs = this.#of.books.sinceStartMs() - attempt.offsetMs;
    this.#of.record.firstByteMs ??= this.#of.books.sinceStartMs();
    if (refused) return this.#refusedByUpstream(attempt, refused, hold);
    this.#of.books.live.accepted = true;
    const end = await deliverAnswer(this.#of, {
      attempt,
      answer,
      hold,
      price,
      headers: {},
      judgeFailure: (error) => classifyRefusal({ lane, status: 200, error, retryAfter: undefined, resetsAtS: null, now: ports.now() }),
      onDeclined: (refusal) => this.#heedRefusal(attempt, refusal),
      isFree: false,
    });
    assert(end.kind !== "again", "what may cost money is never asked for twice");
    return end;
  }

  #call(upstream: Upstream, edits: readonly BodyEdit[]): Promise<UpstreamAnswer> {
    return callUpstream({
      upstream,
      method: "POST",
      path: this.#of.wire === "responses" ? "/responses" : "/chat/completions",
      headers: { ...upstreamHeaders(this.#of.headers, upstream), "content-type": "application/json" },
      body: this.#of.splice(edits),
      signal: this.#of.signal,
    });
  }

  async #noAnswer(attempt: AttemptRecord, answer: Exclude<UpstreamAnswer, Answered>, hold: PlacedHold | null): Promise<AttemptEnd> {
    if (answer.kind === "not_sent") {
      await this.#of.books.voidHold(hold, ZERO_USD);
      this.#changeLane(attempt, {
        state: "cooling",
        reason: answer.code,
        until: new Date(this.#of.ports.now().getTime() + UNREACHABLE_MS),
      });
      return endDeclined(
        this.#of,
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
    { status, retryAfter, body, result }: Refused,
    hold: PlacedHold | null,
  ): Promise<AttemptEnd> {
    const refusal = classifyRefusal({
      lane: attempt.lane,
      status,
      error: result.error ?? (body && !result.isJson ? { code: null, type: null, message: body.toString("utf8", 0, 500) } : null),
      retryAfter,
      resetsAtS: resetsAtOf(body),
      now: this.#of.ports.now(),
    });
    if (refusal.kind === "declined") this.#heedRefusal(attempt, refusal);
    await this.#of.books.voidHold(hold, ZERO_USD);
    const reason = refusal.kind === "declined" ? refusal.reason : `status_${status}`;
    return endDeclined(this.#of, attempt, reason, refusal.error, refusal.kind === "final");
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

  #note(lane: PaidLane, notes: readonly string[]): void {
    this.#of.record.edits.push(...notes.map((note) => `${lane.label}: ${note}`));
  }
}

export function spillCapped({ label }: Pick<PaidLane, "label">, now: Date): AppError {
  const midnight = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
  return new AppError(
    "budget_reached",
    `Lane "${label}" has taken over as many requests as it may in one UTC day. It opens again at ${midnight.toISOString()}.`,
    { resetsAt: midnight },
  );
}

/** Null: it answered with a success status, or not at all. */
async function readRefused(of: AttemptContext, answer: UpstreamAnswer): Promise<Refused | null> {
  if (answer.kind !== "answer" || (answer.status >= 200 && answer.status <= 299)) return null;
  const body = await readJsonAnswer(answer.body);
  const retryAfter = answer.headers["retry-after"];
  return {
    status: answer.status,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    body,
    result: readJsonResult(of.wire, answer.status, body ?? Buffer.alloc(0)),
  };
}
