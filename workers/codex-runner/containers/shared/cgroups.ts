import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AccountContainer } from "@/workers/codex-runner/containers/container-driver";

/*
 * Limits by hand-made control groups, one per account, which only root can make. Both generations: in v1 each controller is a tree
 * of its own, in v2 there is one tree. What cannot be had is left out, and the caller is told what is there.
 */
const ROOT = "/sys/fs/cgroup";
const CPU_PERIOD_US = 100_000;
const REMOVE_TRIES_MAX = 100;
const REMOVE_PAUSE_MS = 10;

export type CgroupLimits = { memory: boolean; cpu: boolean; pids: boolean };
export type AccountCgroups = { folders: string[]; limits: CgroupLimits };

type Limits = Pick<AccountContainer["limits"], "memoryMiB" | "cpus" | "pids">;

const NONE: AccountCgroups = { folders: [], limits: { memory: false, cpu: false, pids: false } };

/** `name` keeps one account's apart from another's, and `dataDir` one installation's. */
export function makeCgroups(dataDir: string, name: string, limits: Limits): AccountCgroups {
  if (process.getuid?.() !== 0) return NONE;
  const group = `switchyard-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}-${name}`;
  return existsSync(path.join(ROOT, "cgroup.controllers")) ? makeUnified(group, limits) : makePerController(group, limits);
}

export function joinCgroups(cgroups: readonly string[], pid: number): void {
  for (const folder of cgroups) writeFileSync(path.join(folder, "cgroup.procs"), String(pid));
}

/** Null: no group counts them. */
export function countOomKills(cgroups: readonly string[]): number | null {
  for (const folder of cgroups) {
    for (const file of ["memory.events", "memory.oom_control"]) {
      const count = /^oom_kill (\d+)$/m.exec(readOrEmpty(path.join(folder, file)))?.[1];
      if (count !== undefined) return Number(count);
    }
  }
  return null;
}

/** The kernel refuses as long as a process is in it: one more proof that all are gone. A zombie leaves a moment later. */
export async function removeCgroups(cgroups: readonly string[]): Promise<void> {
  for (const folder of cgroups) {
    for (let tries = 1; ; tries += 1) {
      try {
        rmdirSync(folder);
        break;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT") break;
        if (code !== "EBUSY" || tries === REMOVE_TRIES_MAX) throw error;
        await delay(REMOVE_PAUSE_MS);
      }
    }
  }
}

function makeUnified(group: string, { memoryMiB, cpus, pids }: Limits): AccountCgroups {
  const folder = path.join(ROOT, group);
  for (const controller of ["memory", "cpu", "pids"]) {
    attempt(() => writeFileSync(path.join(ROOT, "cgroup.subtree_control"), `+${controller}`));
  }
  if (!attempt(() => mkdirSync(folder, { recursive: true }))) return NONE;
  const memory = setAll(folder, { "memory.max": memoryMiB * 1024 * 1024 });
  attempt(() => writeFileSync(path.join(folder, "memory.swap.max"), "0"));
  return {
    folders: [folder],
    limits: {
      memory,
      cpu: setAll(folder, { "cpu.max": `${Math.round(cpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}` }),
      pids: setAll(folder, { "pids.max": pids }),
    },
  };
}

function makePerController(group: string, { memoryMiB, cpus, pids }: Limits): AccountCgroups {
  const made: AccountCgroups = { folders: [], limits: { ...NONE.limits } };
  const files: Record<keyof CgroupLimits, Record<string, string | number>> = {
    memory: { "memory.limit_in_bytes": memoryMiB * 1024 * 1024 },
    cpu: { "cpu.cfs_period_us": CPU_PERIOD_US, "cpu.cfs_quota_us": Math.round(cpus * CPU_PERIOD_US) },
    pids: { "pids.max": pids },
  };
  for (const controller of ["memory", "cpu", "pids"] as const) {
    const folder = path.join(ROOT, controller, group);
    if (!existsSync(path.join(ROOT, controller, "cgroup.procs")) || !attempt(() => mkdirSync(folder, { recursive: true }))) continue;
    made.folders.push(folder);
    made.limits[controller] = setAll(folder, files[controller]);
  }
  return made;
}

function setAll(folder: string, values: Record<string, string | number>): boolean {
  return Object.entries(values).every(([file, value]) => attempt(() => writeFileSync(path.join(folder, file), String(value))));
}

/** What the kernel or its configuration does not allow is a limit less, which the probe says. */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
