import { memoryOf } from "@/tests/bench/bench-process";
import type { Arena } from "@/tests/bench/contestants";
import { markdown } from "@/tests/bench/report";
import { shoot, type Case } from "@/tests/bench/shoot";

const ROUND_MS = 15_000;
const MIX: readonly Case[] = [
  { stream: true, body: "38KB", connections: 16 },
  { stream: false, body: "1KB", connections: 16 },
  { stream: true, body: "1KB", connections: 64 },
  { stream: false, body: "38KB", connections: 64 },
];

/** Full billing under load for so many minutes; one line of memory per minute. */
export async function soak(arena: Arena, minutes: number): Promise<string> {
  const contestant = arena.contestants.find(({ name }) => name === "wallet");
  if (!contestant) throw new Error("the soak is about the wallet");
  const rows: string[][] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    let requests = 0;
    for (const on of MIX) {
      const result = await shoot({ load: arena.load, contestant, on, warmUpMs: 0, measureMs: ROUND_MS, postmasterPid: null });
      requests += result.requests;
    }
    const { now, peak } = memoryOf(contestant.process.pid);
    rows.push([`minute ${minute}`, "", String(requests), now.toFixed(0), peak.toFixed(0)]);
    console.error(rows.at(-1)?.join(" "));
  }
  return markdown(["", "", "requests", "memory MiB", "peak MiB"], rows);
}
