import type { AccountView } from "@/lib/codex/read";

/** "2 running, 1 waiting"; null when nobody is there. */
export function lineWords(line: AccountView["line"]): string | null {
  if (line === null || line.running + line.waiting === 0) return null;
  return line.waiting === 0 ? `${line.running} running` : `${line.running} running, ${line.waiting} waiting`;
}
