import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { connectDatabase } from "@/db/client";
import { childEnv } from "@/lib/codex/child-env";
import { loadConfig, type ProcessConfig } from "@/lib/config/load-config";
import { systemClock } from "@/lib/time/clock";
import { ensureFirstAdmin } from "@/lib/users/ensure-first-admin";
import { adminCommand } from "@/workers/shared/admin-command";
import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import { prepareDataFolder } from "@/workers/shared/data-folder";
import { tryFileLock, type FileLock } from "@/workers/shared/file-lock";
import { freePort } from "@/workers/shared/free-port";
import { hasEmbeddedDatabase, openInstallation, startLockPath } from "@/workers/shared/open-installation";
import { OperatorError } from "@/workers/shared/operator-error";
import { refuseOpenSimulation } from "@/workers/shared/refuse-open-simulation";
import { ensureRevealKey } from "@/workers/shared/reveal-key";
import { writeRunningSettings } from "@/workers/shared/running-settings";
import { buildScreens } from "@/workers/start/build-screens";
import { checkPort } from "@/workers/start/check-port";
import { keepPostgres } from "@/workers/start/keep-postgres";
import { readableLog } from "@/workers/start/readable-log";
import { seedProvider, type FirstUpstream } from "@/workers/start/seed-provider";
import { stampDatabase } from "@/workers/start/stamp-database";
import { summaryText } from "@/workers/start/summary-text";
import { superviseWorker } from "@/workers/start/supervise-worker";
import type { Teardown } from "@/workers/start/teardown";
import { waitForAnswer } from "@/workers/start/wait-for-answer";

export type BootOptions = {
  env: NodeJS.ProcessEnv;
  /** For work on the screens: `next dev` answers in place of the `web` process, and nothing is built. */
  dev: boolean;
  /** A printer per process, which puts the name in front of the line. */
  logOf: (name: string) => (line: string) => void;
  teardown: Teardown;
  /** Aborts when somebody wants us to stop, or when something that must run cannot be kept running. */
  signal: AbortSignal;
  onGivenUp: (reason: string) => void;
};

/** Longer than most answers take; what is still running then is settled as interrupted. */
const DRAIN_BOUND_MS = 30_000;
const STOP_BOUND_MS = 10_000;
/** The simulator takes any. */
const SIMULATOR_KEY = "sk-simulated";
const PROBE = "provider probe --name default";

/** Brings everything up, in this order, and returns what to tell the operator. Whatever was started is in `teardown`. */
export async function boot(options: BootOptions): Promise<string> {
  const { env, logOf, teardown, signal, onGivenUp } = options;
  const log = logOf("start");
  const given = loadConfig(env);
  // Before anything is made: what is new and has no provider becomes a simulation.
  if (!given.openaiApiKey && !given.databaseUrl && !hasEmbeddedDatabase(given.dataDir)) refuseOpenSimulation(given.host);
  const lock = takeStartLock(prepareDataFolder(given));
  teardown.add(async () => lock.release());
  await checkPort(given.host, given.port);
  const { config, embedded } = await openInstallation(env, logOf("postgres"));
  if (embedded) {
    const keeper = keepPostgres({ server: embedded, dataDir: config.dataDir, log: logOf("postgres"), onGivenUp });
    teardown.add(() => keeper.stop());
  }
  signal.throwIfAborted();

  const database = connectDatabase(config.databaseUrl, { max: 2 });
  try {
    const mode = await stampDatabase(database.sql, config);
    await ensureRevealKey(database.orm, config.dataDir);
    writeRunningSettings(config, config.dataDir);
    if (!options.dev) await buildScreens({ log: logOf("build"), signal });
    const simulator = mode === "simulated" ? await startSimulator(options, config) : null;
    const upstream = firstUpstream(config, simulator?.openaiUrl ?? null);
    const allow = [...config.upstreamAllow, ...(upstream ? [hostAndPort(upstream.baseUrl)] : [])];
    await seedProvider({ database, masterKey: config.masterKey, upstream, allow, log, probeCommand: adminCommand(env, PROBE) });
    await startProduct(options, { ...config, upstreamAllow: allow }, simulator?.env ?? {});
    const firstAdmin = await ensureFirstAdmin({ orm: database.orm, clock: systemClock });
    log("ready");
    return summaryText({ config, mode, firstAdmin, command: (args) => adminCommand(env, args) });
  } finally {
    await database.close();
  }
}

function takeStartLock(dataDir: string): FileLock {
  const attempt = tryFileLock(startLockPath(dataDir));
  if ("lock" in attempt) return attempt.lock;
  throw new OperatorError(
    `Switchyard already runs on ${dataDir} (process ${attempt.owner.pid}). Stop it first, or set SWITCHYARD_DATA_DIR to another folder.`,
  );
}

/** Stands in for the provider and for ChatGPT; only a simulated installation has one. `env`: what leads the other processes to it. */
type Simulator = { openaiUrl: string; env: Record<string, string> };

async function startSimulator({ env, logOf, teardown, signal, onGivenUp }: BootOptions, config: ProcessConfig): Promise<Simulator> {
  const log = logOf("simulator");
  log("no provider: a simulator answers in its place");
  const port = await freePort(config.port + 1);
  const tlsPort = await freePort(port + 1);
  const pagePort = await freePort(tlsPort + 1);
  const caDir = path.join(config.dataDir, "simulator");
  const worker = superviseWorker({
    name: "simulator",
    file: workerFile("simulator"),
    env: {
      ...childEnv(env),
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      CHATGPT_SIMULATOR_PORT: String(tlsPort),
      CHATGPT_SIMULATOR_PLAIN_PORT: String(pagePort),
      CHATGPT_SIMULATOR_CA_DIR: caDir,
    },
    log,
    onGivenUp,
  });
  teardown.add(() => worker.stop(STOP_BOUND_MS), worker.kill);
  const openaiUrl = `http://127.0.0.1:${port}/v1`;
  const headers = { authorization: `Bearer ${SIMULATOR_KEY}` };
  const pageUrl = `http://127.0.0.1:${pagePort}/codex/device`;
  await waitForAnswer({ name: "The simulator", url: `${openaiUrl}/models`, headers, signal });
  await waitForAnswer({ name: "The simulated ChatGPT", url: pageUrl, signal });
  return {
    openaiUrl,
    env: {
      EGRESS_MAP: EGRESS_HOSTS.map((name) => `${name}=127.0.0.1:${tlsPort}`).join(","),
      CODEX_CA_FILE: path.join(caDir, "ca.pem"),
      SIMULATED_SIGN_IN_URL: pageUrl,
    },
  };
}

/** What the provider named `default` is; null: whatever it was. An upstream that the operator names is allowed wherever it is. */
function firstUpstream(config: ProcessConfig, simulator: string | null): FirstUpstream | null {
  if (simulator) return { baseUrl: simulator, secret: SIMULATOR_KEY, simulated: true };
  return config.openaiApiKey ? { baseUrl: config.openaiBaseUrl, secret: config.openaiApiKey, simulated: false } : null;
}

async function startProduct(
  { env, dev, logOf, teardown, signal, onGivenUp }: BootOptions,
  config: ProcessConfig,
  simulatorEnv: Record<string, string>,
): Promise<void> {
  const workerEnv: NodeJS.ProcessEnv = {
    ...env,
    ...simulatorEnv,
    NODE_ENV: dev ? "development" : "production",
    NEXT_TELEMETRY_DISABLED: "1",
    DATABASE_URL: config.databaseUrl,
    SWITCHYARD_DATA_DIR: config.dataDir,
    NEXTAUTH_SECRET: config.nextauthSecret,
    NEXTAUTH_URL: config.publicUrl,
    SWITCHYARD_MASTER_KEY: config.masterKey,
    RUNNER_SECRET: config.runnerSecret ?? undefined,
    UPSTREAM_ALLOW: config.upstreamAllow.join(","),
    // One machine: with its runner gone, nobody would come for the containers.
    RUNNER_ON_STOP: "stop",
  };
  // It is sealed in the database by now, and nobody else needs it.
  delete workerEnv["OPENAI_API_KEY"];
  const web = dev ? nextDev(config) : { file: workerFile("web"), args: [] };
  // In the order of starting; stopping goes the other way, so that `web` drains while everything below it still runs.
  const codex = [
    { name: "egress", file: workerFile("egress-proxy"), boundMs: STOP_BOUND_MS },
    { name: "runner", file: workerFile("codex-runner"), boundMs: DRAIN_BOUND_MS },
  ];
  for (const { name, boundMs, ...program } of [
    ...(config.codexLanes === "on" ? codex : []),
    { name: "background", file: workerFile("background"), boundMs: STOP_BOUND_MS },
    { name: "web", ...web, boundMs: DRAIN_BOUND_MS },
  ]) {
    const worker = superviseWorker({ name, ...program, env: workerEnv, log: readableLog(logOf(name)), onGivenUp });
    teardown.add(() => worker.stop(boundMs), worker.kill);
  }
  const url = `${localOrigin(config)}${dev ? "/sign-in" : "/readyz"}`;
  await waitForAnswer({ name: "The web process", url, signal });
}

function nextDev(config: ProcessConfig): { file: string; args: string[] } {
  const file = createRequire(import.meta.url).resolve("next/dist/bin/next");
  return { file, args: ["dev", "--hostname", config.host, "--port", String(config.port)] };
}

/** Compiled workers lie side by side; see `workers/run.mjs`. */
function workerFile(name: string): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), `${name}.mjs`);
}

function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

/** Where this machine reaches the web process, whatever its public address is. */
function localOrigin({ host, port }: Pick<ProcessConfig, "host" | "port">): string {
  const address = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
