import { existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeProcess, isProcessAlive } from "@/workers/shared/process-table";

/** The server that holds a database folder, as `postmaster.pid` and the process table tell. */
export type Postmaster = { pid: number; port: number; status: "starting" | "ready" | "stopping" };

const POLL_MS = 10;
const FAST_STOP_MS = 30_000;
const IMMEDIATE_STOP_MS = 5_000;

/** The live server of this folder, or null. Changes nothing: a server that is just starting has its file for a moment before it has written it. */
export function findPostmaster(cluster: string): Postmaster | null {
  const pidFile = pidFileOf(cluster);
  if (!existsSync(pidFile)) return null;
  const lines = readFileSync(pidFile, "utf8").split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isPostmasterOf(pid, cluster)) return null;
  return { pid, port: Number(lines[3] ?? 0), status: readStatus(lines[7]) };
}

/**
 * Removes a `postmaster.pid` that a dead server left behind, after a look at the process that has its number now: after a
 * reboot or in a restarted container that is often a stranger, and Postgres itself would then refuse to start. Only for
 * whoever holds the folder's lock and has started no server yet.
 */
export function removeStalePidFile(cluster: string): void {
  if (findPostmaster(cluster) === null) rmSync(pidFileOf(cluster), { force: true });
}

export function isPostmasterOf(pid: number, cluster: string): boolean {
  if (!isProcessAlive(pid)) return false;
  const { program, workingFolder } = describeProcess(pid);
  // A postmaster works in its database folder. Where the system hides that, `data_directory` is asked over the connection.
  return program.startsWith("postgres") && (workingFolder === null || workingFolder === realpathSync(cluster));
}

/** Fast shutdown first: it writes a checkpoint and cuts the clients that are left. Only a server that hangs is killed. */
export async function stopPostmaster(pid: number, cluster: string): Promise<void> {
  const steps = [
    { signal: "SIGINT", waitMs: FAST_STOP_MS },
    { signal: "SIGQUIT", waitMs: IMMEDIATE_STOP_MS },
    { signal: "SIGKILL", waitMs: IMMEDIATE_STOP_MS },
  ] as const;
  for (const { signal, waitMs } of steps) {
    if (!isPostmasterOf(pid, cluster)) return;
    process.kill(pid, signal);
    if (await waitUntil(() => !isPostmasterOf(pid, cluster), waitMs)) return;
  }
  throw new Error(`Postgres process ${pid} did not stop`);
}

/** Polls until `condition` is true; false when the time is over. */
export async function waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function pidFileOf(cluster: string): string {
  return join(cluster, "postmaster.pid");
}

/** Line 8 of `postmaster.pid`, see src/include/utils/pidfile.h of Postgres. */
function readStatus(line: string | undefined): Postmaster["status"] {
  switch (line?.trim()) {
    case "ready":
      return "ready";
    case "stopping":
      return "stopping";
    default:
      return "starting";
  }
}
