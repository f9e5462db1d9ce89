import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const PROGRAMS = new Set(["codex", "bwrap"]);

/** The arguments of every Codex, or of the sandbox around it, whose home lies under this folder. Linux. */
export function commandsOf(dataDir: string): string[][] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ args: wordsIn(`/proc/${pid}/cmdline`), env: wordsIn(`/proc/${pid}/environ`) }))
    .filter(({ args, env }) => PROGRAMS.has(path.basename(args[0] ?? "")) && [...args, ...env].some((word) => word.includes(dataDir)))
    .map(({ args }) => args);
}

/** None when the process is gone. */
function wordsIn(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\0");
  } catch {
    return [];
  }
}
