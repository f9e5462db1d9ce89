import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";

/** True while the process exists and is more than a zombie, whoever owns it. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const stat = readProcStat(pid);
  return stat === null || stat.state !== "Z";
}

/**
 * Tells two processes with the same recycled number apart. Linux: clock ticks since boot. Elsewhere the number alone
 * has to do, and the answer is the empty string.
 */
export function processBirth(pid: number): string {
  return readProcStat(pid)?.startTicks ?? "";
}

/** Name of the program and, where the kernel shows it to us, its working folder. */
export function describeProcess(pid: number): { program: string; workingFolder: string | null } {
  const stat = readProcStat(pid);
  if (stat) return { program: stat.program, workingFolder: readWorkingFolder(pid) };
  try {
    const path = execFileSync("ps", ["-o", "comm=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return { program: path.slice(path.lastIndexOf("/") + 1), workingFolder: null };
  } catch {
    // `ps` exits 1 when the process has gone meanwhile.
    return { program: "", workingFolder: null };
  }
}

function readProcStat(pid: number): { program: string; state: string; startTicks: string } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // `pid (name) state ppid …`: the name may hold blanks and parentheses, so cut at the last one. proc(5).
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  return { program: text.slice(text.indexOf("(") + 1, close), state: fields[0] ?? "", startTicks: fields[19] ?? "" };
}

function readWorkingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
