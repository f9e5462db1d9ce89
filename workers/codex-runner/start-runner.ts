import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fitsIdentityKey } from "@/lib/codex/fits-identity-key";
import type { Runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { codexCliSource } from "@/workers/codex-runner/codex-cli";
import { codexEngine } from "@/workers/codex-runner/codex-engine";
import type { ChosenDriver } from "@/workers/codex-runner/containers/choose-driver";
import { createRunnerServer } from "@/workers/codex-runner/create-runner-server";
import { hostName } from "@/workers/codex-runner/host-name";
import { isMissing, missingDriver } from "@/workers/codex-runner/missing-driver";
import { openDriver } from "@/workers/codex-runner/open-driver";
import { Runner } from "@/workers/codex-runner/runner";
import { type RunnerDeps, TIMINGS } from "@/workers/codex-runner/runner-deps";
import { OperatorError } from "@/workers/shared/operator-error";

/** Where there is no driver, there is no isolation to tell of. */
const NO_ISOLATION = {
  fs: false,
  pids: false,
  net: "open",
  uid: "shared",
  limits: { memory: false, cpu: false, pids: false },
  seccomp: false,
} as const;

const OTHER_KEY =
  "SWITCHYARD_MASTER_KEY does not fit this database: ChatGPT accounts are known again by its last key, and that is another one than before. List the keys newest first and the oldest last, and keep the oldest.";

const LOOK_AGAIN_MS = 60_000;
const CPUS = 1;
/** Codex idles with 25 to 30 threads. */
const PIDS_MAX = 256;

export type StartedRunner = { stop(drainMs: number): Promise<void> };

/** Puts a runner together from the settings, and lets it listen, lease and drive. */
export async function startRunner({ config, db, log, clock }: Runtime): Promise<StartedRunner> {
  const { runnerSecret: secret } = config;
  if (secret === null) throw new OperatorError("RUNNER_SECRET must be set when this process is not started by npm start.");
  if (!(await fitsIdentityKey(db.sql, config.masterKey))) throw new OperatorError(OTHER_KEY);
  const dataDir = path.resolve(config.dataDir);
  const cacheDir = path.join(dataDir, "codex");
  const cliOf = codexCliSource({ cacheDir, log });
  // The operator's own upstreams are nothing that a customer's image URL may reach.
  const imagesAllow = (await requireDatabaseMode(db.orm)) === "simulated" ? config.upstreamAllow : [];
  const { engine, close: closeEngine } = codexEngine({ ...config, cacheDir, imagesAllow });
  let listening: Runner | null = null;
  const server = await createRunnerServer({ runner: () => listening, secret, host: config.runnerHost, port: config.runnerPort, log });
  const open = () => openDriver({ sql: db.sql, config, secret, log, cliOf });
  const { driver, probe } = await open().catch((error: unknown) => missing(error, config, log));
  const deps: RunnerDeps = {
    sql: db.sql,
    log,
    clock,
    driver,
    engine,
    cliOf,
    areLanesOn: () => areCodexLanesOn(db.sql),
    settings: {
      host: hostName({ ...config, dataDir }, driver.kind),
      codexVersion: config.codexVersion,
      engine: config.codexEngine,
      caPem: config.codexCaFile === null ? null : readFileSync(config.codexCaFile, "utf8"),
      limits: { memoryMiB: config.codexMemoryMib, cpus: CPUS, pids: PIDS_MAX, homeMiB: config.codexHomeMib },
      masterKey: config.masterKey,
      queueMax: config.codexQueueMax,
      idleStopMs: config.codexIdleStopS * 1000,
      leaseS: config.runnerLeaseS,
      timings: TIMINGS,
    },
  };

  const runner = new Runner(deps, { address: server.address, isolation: probe.isolation });
  await runner.start();
  listening = runner;
  for (const note of probe.notes) log.warn({ driver: driver.kind }, note);
  log.info({ runner: runner.id, address: server.address, driver: driver.kind, host: deps.settings.host }, "codex-runner is listening");

  const stopped = new AbortController();
  const looking = isMissing(driver) ? lookForDriver({ open, runner, log, signal: stopped.signal }) : Promise.resolve();
  return {
    stop: async (drainMs) => {
      stopped.abort();
      await looking;
      await runner.stop({ drainMs, containers: config.runnerOnStop });
      await server.close();
      await deps.driver.close();
      await closeEngine();
    },
  };
}

/** The runner lives on without a driver: whoever asks for a container hears why there is none. */
function missing(error: unknown, config: Runtime["config"], log: Runtime["log"]): ChosenDriver {
  log.error({ err: error instanceof OperatorError ? undefined : error }, `no container can be started: ${reasonOf(error)}`);
  const kind = config.codexDriver === "auto" ? "bubblewrap" : config.codexDriver;
  return { driver: missingDriver(kind, reasonOf(error)), probe: { ok: true, isolation: NO_ISOLATION, notes: [] } };
}

type Search = { open: () => Promise<ChosenDriver>; runner: Runner; log: Runtime["log"]; signal: AbortSignal };

/** An engine may come up later than we do, and a network that was away may come back. */
async function lookForDriver({ open, runner, log, signal }: Search): Promise<void> {
  for (;;) {
    await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const { driver, probe } = await open();
      await runner.useDriver(driver, probe.isolation);
      log.info({ driver: driver.kind }, "containers can be started now");
      return;
    } catch (error) {
      log.debug({ err: error }, "there is still no driver");
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
