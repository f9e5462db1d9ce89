import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { isProcessAlive, processBirth } from "@/workers/shared/process-table";

/** A process that is not mistaken for a later one of the same number, not even after the machine was started again. */
export const processMark = z.object({ pid: z.int().min(2), birth: z.string() });
export type ProcessMark = z.infer<typeof processMark>;

const POLL_MS = 10;

export function markProcess(pid: number): ProcessMark {
  return { pid, birth: birthOf(pid) };
}

export function isMarkAlive(mark: ProcessMark): boolean {
  return isProcessAlive(mark.pid) && birthOf(mark.pid) === mark.birth;
}

/** Its processes; none when it is gone. */
export function childrenOf(pid: number): ProcessMark[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return text.split(" ").filter(Boolean).map(Number).map(markProcess);
}

/** Never signals a process that has only inherited the number. */
export function signal(mark: ProcessMark, name: "SIGTERM" | "SIGKILL"): void {
  if (!isMarkAlive(mark)) return;
  try {
    process.kill(mark.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** They are nobody's children of ours, so the table of processes is asked. False: some are still there after `withinMs`. */
export async function untilGone(marks: readonly ProcessMark[], withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    if (!marks.some(isMarkAlive)) return true;
    if (performance.now() >= deadline) return false;
    await delay(POLL_MS);
  }
}

function birthOf(pid: number): string {
  return process.platform === "linux" ? `${bootId()} ${processBirth(pid)}` : startTime(pid);
}

let boot: string | undefined;

function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return boot;
}

function startTime(pid: number): string {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } }).trim();
  } catch {
    // `ps` exits 1 when the process is gone.
    return "";
  }
}
