import { AppError } from "@/lib/errors/app-error";
import { endDeclined, type AttemptContext, type AttemptEnd } from "@/lib/gateway/attempt";
import type { UpstreamHeaders } from "@/lib/gateway/call-upstream";
import type { Refusal } from "@/lib/gateway/classify-refusal";
import { upstreamOf } from "@/lib/gateway/generation-books";
import type { PlacedHold } from "@/lib/gateway/place-hold";
import type { AnswerBody } from "@/lib/gateway/ports";
import { readJsonAnswer } from "@/lib/gateway/read-json-answer";
import type { AttemptRecord, RequestRecord } from "@/lib/gateway/request-record";
import { runStream, type StreamEnd } from "@/lib/gateway/run-stream";
import { readJsonResult } from "@/lib/metering/json-tap";
import type { Terminal, UpstreamError } from "@/lib/metering/tap-type";
import { clientHeaders } from "@/lib/openai/forward-headers";
import { scrubJson } from "@/lib/openai/scrub-event";
import type { Price } from "@/lib/pricing/price-type";

/** An answer with a success status, on its way from one lane to the client. */
export type Delivery = {
  attempt: AttemptRecord;
  answer: { status: number; headers: UpstreamHeaders; body: AnswerBody };
  hold: PlacedHold | null;
  price: Price | null;
  /** Of ours, for the head of the reply. */
  headers: Readonly<Record<string, string>>;
  /** A failure that came with the success status, before any content. */
  judgeFailure(error: UpstreamError | null): Refusal;
  onDeclined(refusal: Refusal & { kind: "declined" }): void;
  /** Its lane costs nothing per token: an answer that broke off before the client had any of it is simply asked for again. */
  isFree: boolean;
};

/** `again`: it broke off before the client had any of it, and nothing was booked. */
export type DeliveryEnd = AttemptEnd | { kind: "again" };

export function deliverAnswer(of: AttemptContext, delivery: Delivery): Promise<DeliveryEnd> {
  const isJson = String(delivery.answer.headers["content-type"] ?? "").includes("application/json");
  return of.record.stream && !isJson ? deliverStream(of, delivery) : deliverWhole(of, delivery);
}

async function deliverStream(of: AttemptContext, delivery: Delivery): Promise<DeliveryEnd> {
  const { attempt, answer, hold } = delivery;
  const end: StreamEnd = await runStream({
    wire: of.wire,
    body: answer.body,
    voice: of.voice,
    upstream: upstreamOf(attempt),
    includeUsage: of.facts.includeUsage,
    onTap: (tap) => {
      of.books.live.tap = tap;
    },
    onContent: () => {
      of.record.firstContentMs = of.books.sinceStartMs();
      of.dropBody();
      of.sendHead({ status: 200, headers: replyHeaders(of, delivery), body: null });
    },
    judgeFailure: (error) => delivery.judgeFailure(error),
  });
  if (end.kind === "ended") return finishStream(of, delivery, end);
  if (end.refusal.kind === "declined") delivery.onDeclined(end.refusal);
  const charged = await of.books.charge(end.tap, hold, { accepted: true, upstreamFailed: true });
  if (hold && charged) {
    Object.assign(attempt, { usage: charged.usage, cost: charged.cost, providerCost: charged.providerCost });
    await of.books.settleAttempt(hold, charged);
  }
  const reason = end.refusal.kind === "declined" ? end.refusal.reason : "refused";
  return endDeclined(of, attempt, reason, end.refusal.error, end.kind === "final");
}

async function finishStream(of: AttemptContext, delivery: Delivery, end: StreamEnd & { kind: "ended" }): Promise<DeliveryEnd> {
  const { attempt, hold, price, isFree } = delivery;
  const { tap } = end;
  const upstreamFailed = tap.terminal === "failed" || tap.terminal === "error";
  const interrupted = tap.terminal === null;
  if (isFree && interrupted && !tap.firstContentSeen) return { kind: "again" };
  const charged = await of.books.charge(tap, hold, { accepted: true, upstreamFailed });
  of.record.outcome = outcomeOf(tap.terminal, { interrupted, upstreamFailed });
  of.record.status = 200;
  // Taken and then cut before it said anything: it may cost money, so no other paid lane takes it by itself.
  const isAmbiguous = interrupted && !tap.firstContentSeen && !of.isHeadSent();
  attempt.reason = isAmbiguous ? "cut_before_content" : interrupted ? "cut" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
  const outcome = isAmbiguous ? "ambiguous" : interrupted || upstreamFailed ? "failed" : "answered";
  of.books.noteAnswer(attempt, tap, { charged, hold, price, outcome });
  if (isAmbiguous) {
    await of.books.settleAttempt(hold, charged);
    return {
      kind: "ambiguous",
      error: new AppError("upstream_unavailable", "The upstream ended its answer before it began. Try again.", { retryAfterS: 2 }),
    };
  }
  // What a provider says when it fails speaks of the operator's account; a customer's own upstream may say what it wants.
  const isMuted = upstreamFailed && upstreamOf(attempt).operatorKey;
  // A runner writes as for every SDK; what Codex understands is said by the one who knows whom we speak to.
  const isRetold = upstreamFailed && isFree && of.record.client === "codex";
  const error = interrupted
    ? new AppError("upstream_unavailable", "The upstream ended its answer early. Try again.", { retryAfterS: 2 })
    : isMuted || isRetold
      ? delivery.judgeFailure(tap.error).error
      : hold?.clampedBy && tap.incompleteReason !== null && tap.incompleteReason !== "content_filter"
        ? clampError(hold.clampedBy, { keyId: of.key.keyId, publicUrl: of.options.publicUrl })
        : null;
  if (error) of.noteError(error);
  const fate = await of.books.settleAll(hold, charged, tap, attempt);
  if (fate === "journaled" && !(await of.withhold())) {
    of.setFailed(true);
  } else if (error && (interrupted || isMuted || of.record.client === "codex")) {
    await of.voice.fail(error);
    of.setFailed(interrupted || upstreamFailed);
  } else {
    await of.voice.release(end.terminal);
    of.setFailed(upstreamFailed);
  }
  return { kind: "done" };
}

async function deliverWhole(of: AttemptContext, delivery: Delivery): Promise<DeliveryEnd> {
  const { attempt, answer, hold, price } = delivery;
  const body = await readJsonAnswer(answer.body);
  const tap = readJsonResult(of.wire, answer.status, body ?? Buffer.alloc(0));
  const broken = body === null || !tap.isJson;
  if (delivery.isFree && broken) return { kind: "again" };
  const upstreamFailed = !broken && tap.terminal === "failed";
  const charged = await of.books.charge(broken ? { ...tap, reading: null } : tap, hold, { accepted: true, upstreamFailed });
  of.record.outcome = outcomeOf(tap.terminal, { interrupted: broken, upstreamFailed });
  of.record.status = answer.status;
  of.record.firstContentMs = of.books.sinceStartMs();
  attempt.reason = broken ? "cut_in_answer" : upstreamFailed ? (tap.error?.code ?? "failed") : null;
  of.books.noteAnswer(attempt, tap, { charged, hold, price, outcome: broken ? "ambiguous" : upstreamFailed ? "failed" : "answered" });
  if (broken) {
    await of.books.settleAttempt(hold, charged);
    return {
      kind: "ambiguous",
      error: new AppError("upstream_unavailable", "The upstream ended its answer early. Try again.", { retryAfterS: 2 }),
    };
  }
  of.record.replyBytes = body.byteLength;
  if ((await of.books.settleAll(hold, charged, tap, attempt)) === "journaled" && !(await of.withhold())) {
    of.setFailed(true);
    return { kind: "done" };
  }
  if (of.isHeadSent()) {
    // Asked to stream, upstream sent one piece after we had begun a stream of our own.
    const error = new AppError("upstream_unavailable", "The upstream answered in another form than was asked for", { retryAfterS: 2 });
    of.setFailed(true);
    await of.voice.fail(error);
    return { kind: "done" };
  }
  if (upstreamFailed && upstreamOf(attempt).operatorKey) {
    await of.tellError(delivery.judgeFailure(tap.error).error);
    return { kind: "done" };
  }
  of.sendHead({ status: answer.status, headers: replyHeaders(of, delivery), body: scrubJson(body, upstreamOf(attempt)) });
  return { kind: "done" };
}

function replyHeaders(of: AttemptContext, { attempt, answer, headers }: Delivery): Record<string, string> {
  return {
    ...clientHeaders(answer.headers, upstreamOf(attempt)),
    "x-request-id": of.record.id,
    "x-switchyard-lane": attempt.lane.kind,
    ...headers,
  };
}

function outcomeOf(terminal: Terminal | null, how: { interrupted: boolean; upstreamFailed: boolean }): RequestRecord["outcome"] {
  if (how.interrupted) return "interrupted";
  if (how.upstreamFailed) return "failed";
  return terminal === "incomplete" ? "incomplete" : "completed";
}

function clampError(by: "wallet" | "budget", { keyId, publicUrl }: { keyId: string; publicUrl: string }): AppError {
  return by === "wallet"
    ? new AppError("wallet_empty", `Your wallet covered only part of this answer. How to add credit: ${publicUrl}/dashboard/wallet`)
    : new AppError(
        "budget_reached",
        `This API key's budget covered only part of this answer. Change it at ${publicUrl}/dashboard/keys/${keyId}.`,
      );
}
