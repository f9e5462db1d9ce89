import { and, eq } from "drizzle-orm";
import type { Sql, TransactionSql } from "postgres";
import { apiKeys } from "@/db/schema/keys";
import { isSpillCapped } from "@/lib/codex/admit-spill";
import { findPin } from "@/lib/codex/thread-pins";
import { AppError, type AppErrorCode } from "@/lib/errors/app-error";
import { foretell, type ForetoldLane } from "@/lib/gateway/foretell";
import { spillCapped } from "@/lib/gateway/lane-attempt";
import { admitOnly, outputCapNote, placeHold, type PlaceInput } from "@/lib/gateway/place-hold";
import { planLanes, type LanePlan, type PlannedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, SpillReason } from "@/lib/gateway/ports";
import { refusalOfDeclines } from "@/lib/gateway/refusal-of-declines";
import { refusalOfLanes } from "@/lib/gateway/refusal-of-lanes";
import { refusalOfPlan } from "@/lib/gateway/refusal-of-plan";
import { newRecord, type RequestRecord } from "@/lib/gateway/request-record";
import { skippedWords } from "@/lib/gateway/skipped-words";
import { continuesTurn, readSealed, threadIdOf } from "@/lib/gateway/thread";
import { newId } from "@/lib/ids/ids";
import { loadKey } from "@/lib/keys/key-cache";
import { readCodexLabels } from "@/lib/openai/codex-metadata";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts, type RequestFacts, type Wire } from "@/lib/openai/request-facts";
import { PriceBook } from "@/lib/providers/price-book";
import { findStoredResponse } from "@/lib/requests/stored-responses";
import { WEB_SEARCH_CALLS_MAX } from "@/lib/runtime/gateway-runtime";
import type { Runtime } from "@/lib/runtime/runtime";
import { Upstreams } from "@/lib/runtime/upstreams";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";
import { admitRequests } from "@/lib/wallet/admit-requests";

export type WhatIf = {
  model: string;
  lanes: ForetoldLane[];
  /** Nobody would answer, and this is what the client would hear. */
  refusal: { code: AppErrorCode; message: string } | null;
  /** Addresses that the key may be used from; null: from anywhere. */
  ipAllow: readonly string[] | null;
};

/** Which lane would take this request, by the same functions as the gateway decides with, money included. Nothing is sent and nothing is kept. */
export async function whatIf(rt: Runtime, question: { userId: string; keyId: string; wire: Wire; body: string }): Promise<WhatIf> {
  const { db, clock } = rt;
  const { userId, keyId, wire } = question;
  const found = await loadKey(db.orm, and(eq(apiKeys.id, keyId), eq(apiKeys.userId, userId)));
  if (!found) throw new AppError("not_found", "There is no such key.", { param: "keyId" });
  if (found.key.revokedAt) throw new AppError("key_revoked", "This key is revoked: it reaches no lane.", { param: "keyId" });
  const now = clock.now();
  if (found.key.expiresAt && found.key.expiresAt <= now)
    throw new AppError("key_expired", "This key has expired: it reaches no lane.", { param: "keyId" });

  const upstreams = new Upstreams(rt, (await requireDatabaseMode(db.orm)) === "simulated");
  try {
    const book = new PriceBook(db.orm, clock);
    const key = await upstreams.gatewayKey(found, book, () => areCodexLanesOn(db.sql));
    const scan = scanBody(Buffer.from(question.body));
    const facts = readFacts(wire, scan);
    const model = facts.model ?? key.defaultModel;
    if (model === null) throw new AppError("request_invalid", "Name a model: this key has no default.", { param: "model" });
    if (key.models !== null && !key.models.includes(model)) {
      throw new AppError("model_not_allowed", `This key may not use the model "${model}". It may use: ${key.models.join(", ")}.`, {
        param: "model",
      });
    }
    const hasCodexLanes = key.lanes.some((lane) => lane.kind === "codex");
    const threadId = hasCodexLanes ? threadIdOf(readCodexLabels({}), facts) : null;
    const stored = facts.previousResponseId;
    const plan = planLanes({
      lanes: key.lanes,
      facts,
      model,
      price: await book.priceOf(model),
      storedOn: stored === null ? undefined : await findStoredResponse(db.sql, userId, stored),
      webSearchCallsMax: WEB_SEARCH_CALLS_MAX,
      codexVerdict: hasCodexLanes ? judgeForCodex(wire, scan.value, { strict: key.parametersStrict }) : null,
      codexLanesOn: key.codexLanesOn,
      spill: key.spill,
      thread:
        threadId === null
          ? null
          : {
              id: threadId,
              turnId: null,
              continuesTurn: continuesTurn(wire, scan.value),
              pin: await findPin(db.sql, keyId, threadId),
              sealed: readSealed(wire, scan.value),
            },
      now,
    });
    const asked: Asked = { rt, key, facts, model, record: recordOf(key, { body: question.body, wire, now }), now };
    const { lanes, declines } = await walk(asked, plan);
    const isTaken = lanes.some(({ does }) => does === "answers");
    const refusal = isTaken ? null : refusalOf(asked, { plan, lanes, declines });
    return { model, lanes, refusal: refusal && { code: refusal.code, message: refusal.message }, ipAllow: found.key.ipAllow };
  } finally {
    await upstreams.close();
  }
}

type Asked = { rt: Runtime; key: GatewayKey; facts: RequestFacts; model: string; record: RequestRecord; now: Date };

function recordOf(key: GatewayKey, { body, wire, now }: { body: string; wire: Wire; now: Date }): RequestRecord {
  return newRecord({
    id: newId("req"),
    startedAt: now,
    key,
    method: "POST",
    path: wire === "responses" ? "/v1/responses" : "/v1/chat/completions",
    client: "sdk",
    clientAddress: null,
    labels: readCodexLabels({}),
    requestBytes: Buffer.byteLength(body),
  });
}

/** From the first open lane on to one that is paid for. What concerns the key and so every lane is thrown. */
async function walk(asked: Asked, plan: LanePlan): Promise<{ lanes: ForetoldLane[]; declines: AppError[] }> {
  const { key } = asked;
  const declines: AppError[] = [];
  const unpaid = new Map<string, string>();
  for (;;) {
    const lanes = foretell(plan, key.lanes, key.spill, unpaid);
    const taker = lanes.find((lane) => lane.does === "answers");
    if (!taker) return { lanes, declines };
    const planned = plan.candidates.find(({ lane }) => lane.id === taker.laneId)!;
    const entry = await rehearse(asked, planned, taker.spill);
    if (entry.kind === "in") {
      return { lanes: lanes.map((lane) => (lane === taker ? { ...taker, edits: [...taker.edits, ...entry.notes] } : lane)), declines };
    }
    if (entry.isFinal) throw new AppError(entry.error.code, entry.error.message, { param: "keyId" });
    declines.push(entry.error);
    unpaid.set(taker.laneId, entry.error.message);
  }
}

type Entry = { kind: "in"; notes: readonly string[] } | { kind: "refused"; error: AppError; isFinal: boolean };

/**
 * Lets the request in and places its hold as the gateway does, by the same statement, in a transaction that is undone. Money that is
 * held by other requests is not waited for.
 */
async function rehearse({ rt, key, facts, record, now }: Asked, { lane, price }: PlannedLane, spill: SpillReason | null): Promise<Entry> {
  const options = { publicUrl: rt.config.publicUrl, webSearchCallsMax: WEB_SEARCH_CALLS_MAX, moneyWaitMs: 0 };
  const entry = await undone(rt.db.sql, async (tx): Promise<Entry> => {
    const ports: PlaceInput["ports"] = {
      now: () => now,
      newHoldId: () => newId("hold"),
      admit: async (admission) => (await admitRequests(tx, "what-if", [admission]))[0]!,
      waitForMoney: async () => {},
    };
    const { providerId } = lane.upstream ?? {};
    if (lane.kind !== "wallet" || price === null || !providerId) {
      const refused = await admitOnly({ ports, key, record, laneId: lane.id, options });
      return refused ? { kind: "refused", error: refused.error, isFinal: true } : { kind: "in", notes: [] };
    }
    const placed = await placeHold({
      ports,
      options,
      key,
      record,
      facts,
      laneId: lane.id,
      providerId,
      price,
      attemptNo: 1,
      admit: true,
      signal: new AbortController().signal,
      isClientGone: () => false,
      onPlacing: () => {},
    });
    if (placed.kind === "refused") return placed;
    const { hold, outputCap } = placed;
    return { kind: "in", notes: outputCap === null ? [] : [outputCapNote(facts, { hold, cap: outputCap })] };
  });
  if (entry.kind === "in" && spill !== null && lane.kind !== "codex") {
    const isCapped = await isSpillCapped(rt.db.sql, { laneId: lane.id, requestsMax: rt.config.spillRequestsPerDay });
    if (isCapped) return { kind: "refused", error: spillCapped(lane, now), isFinal: false };
  }
  return entry;
}

async function undone<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  let done: { value: T } | null = null;
  try {
    await sql.begin(async (tx) => {
      done = { value: await work(tx) };
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  return done!.value;
}

class Undo extends Error {}

/** As `walkLanes` says it when no lane has been asked upstream. */
function refusalOf(
  { key, model, now, rt }: Asked,
  { plan, lanes, declines }: { plan: LanePlan; lanes: readonly ForetoldLane[]; declines: readonly AppError[] },
): AppError {
  const context = { publicUrl: rt.config.publicUrl, now };
  const standings = plan.skipped.flatMap(({ lane, class: why, reason, evidence, until, param }) =>
    lane.kind === "codex" && why !== null ? [{ lane, class: why, reason, message: evidence, until, param }] : [],
  );
  const last = declines.at(-1);
  if (last) return refusalOfDeclines(last, { ...context, declines, standings, skipped: plan.skipped });
  if (standings.length === 0) return refusalOfPlan(plan.skipped, { ...context, model });
  const others = skippedWords(plan.skipped.filter(({ lane }) => !standings.some((standing) => standing.lane.id === lane.id)));
  const withheld = plan.candidates.flatMap(({ lane }) => {
    const told = lanes.find(({ laneId }) => laneId === lane.id);
    return lane.kind !== "codex" && told?.does === "stays_closed" && told.class !== "exhausted" ? [{ lane, class: told.class }] : [];
  });
  return refusalOfLanes(standings, { ...context, withheld, others, isModelUnknown: false, keyId: key.keyId });
}
