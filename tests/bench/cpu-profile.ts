import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { markdown } from "@/tests/bench/report";

type ProfileNode = { id: number; callFrame: { functionName: string; url: string; lineNumber: number } };
type Profile = { nodes: ProfileNode[]; samples: number[]; timeDeltas: number[] };

const ROWS = 45;

/** Self time by function and by module, of the newest profile in the folder; idle time is left out. */
export function readCpuProfile(folder: string): string {
  const newest = readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .toSorted()
    .at(-1);
  if (newest === undefined) return "no profile was written";
  const profile = JSON.parse(readFileSync(path.join(folder, newest), "utf8")) as Profile;
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const byFunction = new Map<string, number>();
  const byModule = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
    if (functionName === "(idle)" || functionName === "(program)") continue;
    const took = profile.timeDeltas[index] ?? 0;
    total += took;
    const file = moduleOf(url);
    add(
      byFunction,
      `${functionName || "(anonymous)"} ${url.startsWith("file:") && !url.includes("node_modules") ? `${file}:${lineNumber + 1}` : file}`,
      took,
    );
    add(byModule, file, took);
  }
  const table = (name: string, map: Map<string, number>) =>
    markdown(
      [name, "", "share"],
      [...map]
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, ROWS)
        .map(([key, took]) => [key, "", `${((100 * took) / total).toFixed(1)} %`]),
    );
  return `${(total / 1e6).toFixed(1)} s of work\n\n${table("module", byModule)}\n\n${table("function", byFunction)}`;
}

function moduleOf(url: string): string {
  if (url === "") return "(native)";
  const installed = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url);
  if (installed) return installed[1]!;
  return url.startsWith("node:") ? url : path.basename(url);
}

function add(map: Map<string, number>, key: string, took: number): void {
  map.set(key, (map.get(key) ?? 0) + took);
}
