import path from "node:path";
import { Agent } from "undici";
import { AlarmBell } from "@/lib/audit/alarm-bell";
import { admitSpill } from "@/lib/codex/admit-spill";
import { findRunner, isRunnerExpected } from "@/lib/codex/find-runner";
import { readModelCatalogue } from "@/lib/codex/model-catalogue";
import { findPin, keepPin } from "@/lib/codex/thread-pins";
import type { ProcessConfig } from "@/lib/config/load-config";
import { ownerHmac } from "@/lib/crypto/owner-hmac";
import { callRunner, SECRET_REFUSED } from "@/lib/gateway/call-runner";
import { createGateway, type Gateway } from "@/lib/gateway/create-gateway";
import type { GatewayPorts } from "@/lib/gateway/ports";
import { newId } from "@/lib/ids/ids";
import { KeyCache } from "@/lib/keys/key-cache";
import { verifyKey } from "@/lib/keys/verify-key";
import { reportLaneState } from "@/lib/lanes/report-lane-state";
import { noteUsageReport } from "@/lib/providers/note-usage-report";
import { PriceBook } from "@/lib/providers/price-book";
import { findStoredResponse, recordStoredResponse } from "@/lib/requests/stored-responses";
import { remembered } from "@/lib/runtime/remembered";
import { runtime, type Runtime } from "@/lib/runtime/runtime";
import { Upstreams } from "@/lib/runtime/upstreams";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { Admitter } from "@/lib/wallet/admitter";
import { explainPassingError } from "@/lib/wallet/database-error";
import { beat, endProcess, noteProgress, registerProcess } from "@/lib/wallet/heartbeat";
import { MoneyWaiters } from "@/lib/wallet/money-waiters";
import { SettlementJournal } from "@/lib/wallet/settlement-journal";
import { Settler } from "@/lib/wallet/settler";

export type GatewayRuntime = {
  gateway: Gateway;
  /** The one cache of this process that the database keeps up to date. */
  keys: KeyCache;
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
  /** A line shorter than this is not spoken of to the client. */
  queueGraceMs: number;
  /** How long a request waits for another runner to take over a Codex lane from one that is gone: above a lease's length. */
  laneRecoveryMs: number;
  /** Between two looks whether a running turn's account is still driven by whoever was called. */
  runnerCheckMs: number;
};

/** A lease that has run out is taken at the next look of another runner. */
const TAKE_OVER_MS = 5_000;

export function gatewayTimings({ runnerLeaseS }: Pick<ProcessConfig, "runnerLeaseS">): GatewayTimings {
  return {
    silenceMs: 15_000,
    moneyWaitMs: 20_000,
    settleWaitMs: 20_000,
    heartbeatMs: 5_000,
    replayMs: 5_000,
    queueGraceMs: 1_000,
    laneRecoveryMs: runnerLeaseS * 1000 + TAKE_OVER_MS,
    runnerCheckMs: 5_000,
  };
}
const RUNNER_CONNECT_MS = 3_000;
const RUNNER_STRIKES = 2;
/** The operator's switch is read again after this long, should the database's word of a change have been lost. */
const SWITCH_LIFETIME_MS = 30_000;
/** What the hold of one request includes for the hosted web search. */
export const WEB_SEARCH_CALLS_MAX = 10;

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
export async function buildGatewayRuntime(rt: Runtime, timings = gatewayTimings(rt.config)): Promise<GatewayRuntime> {
  const { config, db, clock, log } = rt;
  const { sql } = db;
  const processId = newId("proc");
  const isSimulated = (await requireDatabaseMode(db.orm)) === "simulated";
  await registerProcess(sql, { id: processId, kind: "web", pid: process.pid });

  const keys = new KeyCache(db.orm, clock);
  const book = new PriceBook(db.orm, clock);
  const waiters = new MoneyWaiters();
  const upstreams = new Upstreams(rt, isSimulated);
  const runnerAgent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: RUNNER_CONNECT_MS } });
  const codexSwitch = remembered(SWITCH_LIFETIME_MS, () => areCodexLanesOn(sql));
  const forget = () => {
    book.drop();
    codexSwitch.drop();
  };
  const subscription = await sql.listen(
    "config_changed",
    (subject) => {
      keys.drop(subject);
      if (subject === "all") forget();
    },
    // On every (re)connection: what was missed in between is unknown, so nothing that is cached may stay.
    () => {
      keys.drop("all");
      forget();
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
      const found = await verifyKey(headers, {
        cache: keys,
        clock,
        clientAddress,
        publicUrl: config.publicUrl,
        masterKey: config.masterKey,
      });
      return upstreams.gatewayKey(found, book, () => codexSwitch.read());
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
    callRunner: async (call) => {
      if (config.runnerSecret === null) {
        return { kind: "declined", class: "lost", reason: "no_runner", message: "no runner is set up", until: null, param: null };
      }
      const { accountId } = call.ticket;
      const { runnerSecret: secret } = config;
      const callAt = async (address: string) => {
        const end = await callRunner({
          ...call,
          address,
          secret,
          dispatcher: runnerAgent,
          watch: (onGone) => {
            let strikes = 0;
            const watch = everyMs(
              timings.runnerCheckMs,
              async () => {
                // A lease that is being renewed may be found missing once.
                strikes = (await findRunner(sql, accountId))?.address === address ? 0 : strikes + 1;
                if (strikes === RUNNER_STRIKES) onGone();
              },
              failed("runner of an account not looked up"),
            );
            return () => watch.stop();
          },
        });
        if (end.kind === "declined" && end.reason === SECRET_REFUSED) {
          const alarm = {
            kind: "runner_secret_refused",
            subject: address,
            detail: "web and this runner have different values of RUNNER_SECRET",
          };
          ports.alarm(alarm);
        }
        return end;
      };
      const runner = call.movedTo === null ? await findRunner(sql, accountId) : { address: call.movedTo };
      if (!runner) {
        if (await isRunnerExpected(sql, accountId)) return { kind: "lost", reason: "no_runner", ran: false, movedTo: null };
        return { kind: "declined", class: "lost", reason: "no_runner", message: "no runner is up", until: null, param: null };
      }
      const end = await callAt(runner.address);
      if (end.kind !== "lost" || end.reason !== "unreachable" || end.ran) return end;
      // It died a moment ago. Where it had no lease, another one may begin at once.
      const other = await findRunner(sql, accountId, { without: [runner.address] });
      return other === null ? end : callAt(other.address);
    },
    admitSpill: explained((spill) => admitSpill(sql, { ...spill, requestsMax: config.spillRequestsPerDay })),
    findPin: (keyId, threadId) =>
      findPin(sql, keyId, threadId).catch((error: unknown) => {
        // A preference that cannot be read must not keep a request from its lane.
        failed("thread pin not read")(error);
        return null;
      }),
    keepPin: (pin) => keepPin(sql, pin).catch(failed("thread pin not written")),
    ownerHmac: (userId, value) => ownerHmac(config.masterKey, userId, value),
  };

  const gateway = createGateway(ports, {
    publicUrl: config.publicUrl,
    simulated: isSimulated,
    streamDeadlineMs: config.streamDeadlineS * 1000,
    silenceMs: timings.silenceMs,
    moneyWaitMs: timings.moneyWaitMs,
    webSearchCallsMax: WEB_SEARCH_CALLS_MAX,
    queueMs: config.codexQueueS * 1000,
    queueGraceMs: timings.queueGraceMs,
    laneRecoveryMs: timings.laneRecoveryMs,
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
    keys,
    processId,
    async stop(drainMs) {
      const hurry = setTimeout(() => settler.hurry(), drainMs);
      await gateway.drain(drainMs);
      clearTimeout(hurry);
      heartbeat.stop();
      replay.stop();
      await subscription.unlisten().catch(() => {});
      await endProcess(sql, processId).catch(failed("process end not written"));
      await Promise.allSettled([upstreams.close(), runnerAgent.close()]);
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
