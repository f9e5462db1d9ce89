import path from "node:path";
import type { Dispatcher } from "undici";
import { AlarmBell } from "@/lib/audit/alarm-bell";
import { readModelCatalogue } from "@/lib/codex/model-catalogue";
import { ownerHmac } from "@/lib/crypto/owner-hmac";
import { createGateway, type Gateway } from "@/lib/gateway/create-gateway";
import type { GatewayKey, GatewayLane, GatewayPorts, Upstream } from "@/lib/gateway/ports";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { newId } from "@/lib/ids/ids";
import { KeyCache, type CachedKey, type LaneRow } from "@/lib/keys/key-cache";
import { verifyKey } from "@/lib/keys/verify-key";
import { reportLaneState } from "@/lib/lanes/report-lane-state";
import { noteUsageReport } from "@/lib/providers/note-usage-report";
import { PriceBook } from "@/lib/providers/price-book";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import { findStoredResponse, recordStoredResponse } from "@/lib/requests/stored-responses";
import { runtime, type Runtime } from "@/lib/runtime/runtime";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { Admitter } from "@/lib/wallet/admitter";
import { explainPassingError } from "@/lib/wallet/database-error";
import { beat, endProcess, noteProgress, registerProcess } from "@/lib/wallet/heartbeat";
import { MoneyWaiters } from "@/lib/wallet/money-waiters";
import { SettlementJournal } from "@/lib/wallet/settlement-journal";
import { Settler } from "@/lib/wallet/settler";

export type GatewayRuntime = {
  gateway: Gateway;
  processId: string;
  /** Waits for running requests, settles what is left, and says goodbye to the database. */
  stop(drainMs: number): Promise<void>;
};

export type GatewayTimings = {
  /** Silence before we speak first, and between two signs of life. */
  silenceMs: number;
  /** How long a request waits for money that running requests hold. */
  moneyWaitMs: number;
  /** How long a finished answer waits for a database that is away before it is kept on disk and the client is told. */
  settleWaitMs: number;
  heartbeatMs: number;
  replayMs: number;
};

const TIMINGS: GatewayTimings = { silenceMs: 15_000, moneyWaitMs: 20_000, settleWaitMs: 20_000, heartbeatMs: 5_000, replayMs: 5_000 };
/** What the hold of one request includes for the hosted web search. */
const WEB_SEARCH_CALLS_MAX = 10;

const KEY = Symbol.for("switchyard.gateway-runtime");
const store = globalThis as { [KEY]?: Promise<GatewayRuntime> };

/** The one gateway of this process, whoever asks first: `web` in front of Next, or a route handler inside it. */
export function gatewayRuntime(): Promise<GatewayRuntime> {
  store[KEY] ??= buildGatewayRuntime(runtime()).catch((error: unknown) => {
    // A database that was away at the first call must not leave a process that never serves.
    delete store[KEY];
    throw error;
  });
  return store[KEY];
}

/** A gateway over one database; `gatewayRuntime` is the process's own. */
export async function buildGatewayRuntime(rt: Runtime, timings: GatewayTimings = TIMINGS): Promise<GatewayRuntime> {
  const { config, db, clock, log } = rt;
  const { sql } = db;
  const processId = newId("proc");
  const isSimulated = (await requireDatabaseMode(db.orm)) === "simulated";
  await registerProcess(sql, { id: processId, kind: "web", pid: process.pid });

  const keys = new KeyCache(db.orm, clock);
  const book = new PriceBook(db.orm, clock);
  const waiters = new MoneyWaiters();
  const upstreams = new Upstreams(rt, isSimulated);
  const subscription = await sql.listen(
    "config_changed",
    (subject) => {
      keys.drop(subject);
      if (subject === "all") book.drop();
    },
    // On every (re)connection: what was missed in between is unknown, so nothing that is cached may stay.
    () => {
      keys.drop("all");
      book.drop();
    },
  );
  const journal = new SettlementJournal(path.join(config.dataDir, "journal"));
  const settler = new Settler({
    sql,
    processId,
    journal,
    waitMs: timings.settleWaitMs,
    now: () => Date.now(),
    onSettled: (userId) => waiters.wake(userId),
  });
  const admitter = new Admitter(sql, processId);
  const providersMissing = new Set<string>();
  /** By reason, since the last heartbeat: one line in the log however often a client tries. */
  const keysRefused = new Map<string, number>();
  const failed = (what: string) => (error: unknown) => log.error({ err: error }, what);
  const bell = new AlarmBell(sql, failed("alarm not written"));

  const ports: GatewayPorts = {
    now: () => clock.now(),
    newRequestId: () => newId("req"),
    newHoldId: () => newId("hold"),
    verifyKey: explained(async (headers, clientAddress) => {
      const found = await verifyKey(headers, { cache: keys, clock, clientAddress, publicUrl: config.publicUrl });
      return upstreams.gatewayKey(found, book);
    }),
    noteKeyRefused: (code) => void keysRefused.set(code, (keysRefused.get(code) ?? 0) + 1),
    priceOf: explained((model) => book.priceOf(model)),
    soldModels: explained(() => book.sold()),
    codexCatalogue: () => readModelCatalogue(path.join(config.dataDir, "codex-models.json")),
    admit: (admission) => admitter.admit(admission),
    waitForMoney: (userId, timeoutMs, signal) => waiters.wait(userId, timeoutMs, signal),
    settle: async (settlement) => {
      const fate = await settler.settle(settlement);
      if (fate !== "committed") log.error({ requestId: settlement.requestId, fate }, "settlement is not on the ledger yet");
      return fate;
    },
    changeLane: (lane, change) => void reportLaneState(sql, lane.id, change).catch(failed("lane state not written")),
    noteUsageReport: (providerId, reported) => {
      // Only a first report after a missing one changes anything.
      if (reported && !providersMissing.delete(providerId)) return;
      if (!reported) providersMissing.add(providerId);
      void noteUsageReport(sql, providerId, reported)
        .then((tripped) => {
          if (tripped) bell.ring({ kind: "provider_tripped", subject: providerId, detail: "answers came without usage" });
        })
        .catch(failed("usage report not written"));
    },
    alarm: (alarm) => {
      log.error(alarm, "alarm");
      bell.ring(alarm);
    },
    findStoredResponse: explained((userId, upstreamId) => findStoredResponse(sql, userId, upstreamId)),
    recordStoredResponse: (record) => recordStoredResponse(sql, record),
    ownerHmac: (userId, value) => ownerHmac(config.masterKey, userId, value),
  };

  const gateway = createGateway(ports, {
    publicUrl: config.publicUrl,
    simulated: isSimulated,
    streamDeadlineMs: config.streamDeadlineS * 1000,
    silenceMs: timings.silenceMs,
    moneyWaitMs: timings.moneyWaitMs,
    webSearchCallsMax: WEB_SEARCH_CALLS_MAX,
  });

  const heartbeat = everyMs(
    timings.heartbeatMs,
    async () => {
      if (keysRefused.size > 0) log.warn(Object.fromEntries(keysRefused), "calls refused for their key");
      keysRefused.clear();
      await beat(sql, processId);
      await noteProgress(sql, await gateway.progress());
    },
    failed("heartbeat not written"),
  );
  const replay = everyMs(
    timings.replayMs,
    async () => {
      const count = await settler.replay();
      if (count > 0) log.info({ count }, "settlements replayed from disk");
    },
    failed("settlements on disk not replayed"),
  );
  await settler.replay().catch(failed("settlements on disk not replayed"));

  return {
    gateway,
    processId,
    async stop(drainMs) {
      const hurry = setTimeout(() => settler.hurry(), drainMs);
      await gateway.drain(drainMs);
      clearTimeout(hurry);
      heartbeat.stop();
      replay.stop();
      await subscription.unlisten().catch(() => {});
      await endProcess(sql, processId).catch(failed("process end not written"));
      await upstreams.close();
    },
  };
}

/** A database that is away is no fault of ours that the client should report. */
function explained<A extends unknown[], T>(ask: (...input: A) => Promise<T>): (...input: A) => Promise<T> {
  return async (...input) => {
    try {
      return await ask(...input);
    } catch (error) {
      throw explainPassingError(error);
    }
  };
}

/** One run at a time; the next begins after the last has ended. */
function everyMs(ms: number, run: () => Promise<void>, onError: (error: unknown) => void): { stop(): void } {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    void run()
      .catch(onError)
      .finally(() => {
        isRunning = false;
      });
  }, ms);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Turns cached rows into what the gateway sends with: keys opened once, connections pooled. */
class Upstreams {
  readonly #rt: Runtime;
  /** The operator's providers may stand where the operator has allowed it; a customer's lane only in a simulated installation. */
  readonly #operatorAgent: Dispatcher;
  readonly #customerAgent: Dispatcher;
  /** By the sealed bytes: a changed row has other ones. */
  readonly #opened = new WeakMap<object, string>();

  constructor(rt: Runtime, isSimulated: boolean) {
    this.#rt = rt;
    this.#operatorAgent = guardedAgent({ allow: rt.config.upstreamAllow });
    this.#customerAgent = guardedAgent({ allow: isSimulated ? rt.config.upstreamAllow : [] });
  }

  async gatewayKey(found: CachedKey, book: PriceBook): Promise<GatewayKey> {
    const { key } = found;
    const wallet = found.lanes.some((lane) => lane.kind === "wallet") ? await this.#walletUpstream(book) : null;
    return {
      keyId: key.id,
      userId: key.userId,
      models: key.models,
      defaultModel: key.defaultModel,
      outputTokensMax: key.outputTokensMax,
      lanes: found.lanes.map((lane) => this.#lane(lane, wallet)),
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#operatorAgent.close(), this.#customerAgent.close()]);
  }

  #lane(lane: LaneRow, wallet: Upstream | null): GatewayLane {
    const { id, kind, label, state, stateReason, stateUntil } = lane;
    return { id, kind, label, state, stateReason, stateUntil, upstream: kind === "wallet" ? wallet : this.#ownUpstream(lane) };
  }

  async #walletUpstream(book: PriceBook): Promise<Upstream | null> {
    const provider = await book.selectedProvider();
    if (!provider) return null;
    let secret = this.#opened.get(provider);
    if (secret === undefined) {
      secret = readProviderTarget(provider, this.#rt.sealer).secret;
      this.#opened.set(provider, secret);
    }
    return {
      baseUrl: provider.baseUrl,
      auth: { style: provider.authStyle, secret },
      apiVersion: provider.apiVersion,
      operatorKey: true,
      providerId: provider.id,
      dispatcher: this.#operatorAgent,
    };
  }

  #ownUpstream(lane: LaneRow): Upstream | null {
    if (lane.baseUrl === null || lane.sealedKey === null || lane.sealKeyId === null) return null;
    let secret = this.#opened.get(lane);
    if (secret === undefined) {
      secret = this.#rt.sealer.open(lane.sealedKey, lane.sealKeyId, lane.id);
      this.#opened.set(lane, secret);
    }
    return {
      baseUrl: lane.baseUrl,
      auth: { style: "bearer", secret },
      apiVersion: null,
      operatorKey: false,
      providerId: null,
      dispatcher: this.#customerAgent,
    };
  }
}
