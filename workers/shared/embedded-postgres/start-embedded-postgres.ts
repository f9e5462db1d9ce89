import { spawn } from "node:child_process";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync, statSync, truncateSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { locateBinaries } from "@/workers/shared/embedded-postgres/binaries";
import {
  clusterPaths,
  createCluster,
  inspectCluster,
  OWNER,
  readOwnerPassword,
  readPassword,
  serverEnv,
  SUPERUSER,
  type ClusterPaths,
} from "@/workers/shared/embedded-postgres/cluster";
import { chooseIdentity, commandAs, prepareFor, type ServerIdentity } from "@/workers/shared/embedded-postgres/identity";
import {
  findPostmaster,
  isPostmasterOf,
  removeStalePidFile,
  stopPostmaster,
  waitUntil,
  type Postmaster,
} from "@/workers/shared/embedded-postgres/postmaster";
import { waitForFileLock } from "@/workers/shared/file-lock";
import { freePort } from "@/workers/shared/free-port";
import { OperatorError } from "@/workers/shared/operator-error";

/*
 * One real Postgres per data folder.
 * - The server is detached: it outlives a killed launcher, and a Ctrl-C in the terminal reaches us, not it.
 * - A server that already runs on this folder is adopted, after it proved over the connection that the folder is ours.
 * - It listens on 127.0.0.1 only, on a free port that is kept across restarts while it stays free, with a random password.
 */

export type EmbeddedPostgres = {
  /** Of the database `switchyard` as its owner, who is no superuser, with the password in it. */
  url: string;
  /** Of the database `postgres`, for whoever administers the server itself. */
  superuserUrl: string;
  pid: number;
  /** True when the server had been running before we came. */
  adopted: boolean;
  isRunning(): boolean;
  stop: () => Promise<void>;
};

export type EmbeddedPostgresOptions = {
  dataDir: string;
  log: (line: string) => void;
  /** Server settings on top of ours, such as `{ fsync: "off" }` for tests. Only used when the server is not running yet. */
  settings?: Readonly<Record<string, string>>;
  /** How to run when we are root; found out by default. */
  identity?: ServerIdentity;
};

const DATABASE = "switchyard";
const LOCK_WAIT_MS = 180_000;
/** Crash recovery of a large database takes its time. */
const READY_WAIT_MS = 120_000;
const START_ATTEMPTS_MAX = 6;
const RETRY_MS = 200;
const ADOPT_ATTEMPTS_MAX = 3;
const ADOPT_RETRY_MS = 200;
const LOG_BYTES_MAX = 10 * 1024 * 1024;

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const paths = clusterPaths(realpathSync(dataDir));
  const lock = await waitForFileLock(paths.lock, LOCK_WAIT_MS);
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await adoptOrStart(paths, options);
      } catch (error) {
        // Found alive a moment ago and gone at the first connection: it was just being killed.
        if (attempt === ADOPT_ATTEMPTS_MAX || (error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
        await sleep(ADOPT_RETRY_MS);
      }
    }
  } finally {
    lock.release();
  }
}

async function adoptOrStart(paths: ClusterPaths, options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const state = inspectCluster(paths);
  const running = state === "ours" ? await settledPostmaster(paths.cluster) : null;
  const { pid, port } = running ?? (await startServer(paths, state, options));
  const superuserUrl = databaseUrl(port, SUPERUSER, readPassword(paths), "postgres");
  const ownerPassword = readOwnerPassword(paths);
  await proveOursAndCreateDatabase(paths.cluster, superuserUrl, ownerPassword);
  return {
    url: databaseUrl(port, OWNER, ownerPassword, DATABASE),
    superuserUrl,
    pid,
    adopted: running !== null,
    isRunning: () => isPostmasterOf(pid, paths.cluster),
    stop: () => stopPostmaster(pid, paths.cluster),
  };
}

/** Waits out a server that is just starting or stopping: only a ready one can be adopted. */
async function settledPostmaster(cluster: string): Promise<Postmaster | null> {
  let found = findPostmaster(cluster);
  await waitUntil(() => {
    found = findPostmaster(cluster);
    return found === null || found.status === "ready";
  }, READY_WAIT_MS);
  if (found && found.status !== "ready")
    throw new OperatorError(`Postgres process ${found.pid} on ${cluster} does not become ready. Look at its log.`);
  return found;
}

async function startServer(paths: ClusterPaths, state: "missing" | "ours", options: EmbeddedPostgresOptions): Promise<Postmaster> {
  const identity = options.identity ?? (await chooseIdentity(paths.cluster));
  const native = await prepareFor(identity, { native: locateBinaries(), data: paths.data, cluster: paths.cluster });
  if (state === "missing") {
    options.log("creating the database");
    await createCluster(paths, native, identity);
  }
  chmodSync(paths.cluster, 0o700);
  const wanted = lastPort(paths.cluster);
  for (let attempt = 1; ; attempt += 1) {
    const isLastAttempt = attempt === START_ATTEMPTS_MAX;
    const port = await freePort(wanted);
    // Running processes look for the server where it was. Orphans of a killed one may hold its port or its shared memory for a
    // moment; only a port that stays taken is given up.
    if (wanted !== 0 && port !== wanted && !isLastAttempt) {
      await sleep(RETRY_MS * attempt);
      continue;
    }
    const args = serverArgs(paths.cluster, port, options.settings ?? {});
    const command = commandAs(identity, join(native, "bin", "postgres"), args);
    const started = await spawnServer(paths, command);
    if (started) return started;
    const reason = logTail(paths.log);
    if (isLastAttempt) throw new OperatorError(`Postgres did not start on ${paths.cluster}. Its log, ${paths.log}, ends with:\n${reason}`);
    await sleep(RETRY_MS * attempt);
  }
}

async function spawnServer(
  paths: ClusterPaths,
  command: { file: string; args: string[]; uid?: number; gid?: number },
): Promise<Postmaster | null> {
  removeStalePidFile(paths.cluster);
  if (existsSync(paths.log) && statSync(paths.log).size > LOG_BYTES_MAX) truncateSync(paths.log);
  const log = openSync(paths.log, "a", 0o600);
  const child = spawn(command.file, command.args, {
    cwd: "/",
    env: serverEnv(),
    detached: true,
    stdio: ["ignore", log, log],
    uid: command.uid,
    gid: command.gid,
  });
  closeSync(log);
  let ended = false;
  child.on("error", () => (ended = true));
  child.on("exit", () => (ended = true));
  child.unref();
  const readReady = () => {
    const found = findPostmaster(paths.cluster);
    return found?.pid === child.pid && found?.status === "ready" ? found : null;
  };
  await waitUntil(() => ended || readReady() !== null, READY_WAIT_MS);
  return ended ? null : readReady();
}

function serverArgs(cluster: string, port: number, settings: Readonly<Record<string, string>>): string[] {
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    password_encryption: "scram-sha-256",
    timezone: "UTC",
    log_timezone: "UTC",
    ...settings,
  };
  return ["-D", cluster, ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

async function proveOursAndCreateDatabase(cluster: string, superuserUrl: string, ownerPassword: string): Promise<void> {
  const sql = postgres(superuserUrl, { max: 1, onnotice: () => undefined });
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
    if (row?.data_directory !== cluster) {
      throw new OperatorError(`The server at ${new URL(superuserUrl).host} serves ${row?.data_directory}, not ${cluster}. Stop it first.`);
    }
    const roles = await sql`select 1 from pg_roles where rolname = ${OWNER}`;
    if (roles.length === 0) await sql`create role ${sql(OWNER)}`;
    await sql.unsafe(`alter role "${OWNER}" with login nosuperuser nocreatedb nocreaterole password '${ownerPassword}'`);
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found.length === 0) await sql`create database ${sql(DATABASE)} owner ${sql(OWNER)}`;
  } finally {
    await sql.end();
  }
}

function databaseUrl(port: number, user: string, password: string, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
}

/** `postmaster.opts` keeps the command line of the last start: the old port lets running processes find a restarted server. */
function lastPort(cluster: string): number {
  const file = join(cluster, "postmaster.opts");
  if (!existsSync(file)) return 0;
  return Number(/"port=(\d{1,5})"/.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
}

function logTail(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}
