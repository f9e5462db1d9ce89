import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { memoryOf } from "@/tests/bench/bench-process";
import type { BodySize } from "@/tests/bench/canned";
import { benchCodexLanes } from "@/tests/bench/codex-lanes";
import { CONTESTANTS, openArena, type Arena, type ContestantName } from "@/tests/bench/contestants";
import { readCpuProfile } from "@/tests/bench/cpu-profile";
import { shootGallery } from "@/tests/bench/gallery";
import { benchLighthouse } from "@/tests/bench/lighthouse";
import { benchRequestLog } from "@/tests/bench/request-log";
import { caseName, markdown, medianOf, ratioTable, type CaseResult } from "@/tests/bench/report";
import { shoot, type Case, type Measured } from "@/tests/bench/shoot";
import { soak } from "@/tests/bench/soak";

const USAGE = `npm run bench -- [options]
  --rounds 5           rounds per case; every figure is their median
  --seconds 2          measured time of one contestant in one round
  --only wallet,…      some of: ${CONTESTANTS.join(", ")}
  --cases sse,1KB,16   some of: sse json 1KB 38KB 1 16 64
  --profile            processor profile of the gateway with full billing
  --codex              instead: Codex lanes through the whole product
  --log                instead: the request log and the usage page over a million requests of one customer
  --lighthouse         instead: what Lighthouse says of home, docs and dashboard
  --gallery            instead: the pictures of every page in screenshots/
  --soak 10            instead: minutes of load with full billing, and what it does to the memory`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    only: { type: "string" },
    cases: { type: "string", default: "" },
    profile: { type: "boolean", default: false },
    codex: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
    lighthouse: { type: "boolean", default: false },
    gallery: { type: "boolean", default: false },
    soak: { type: "string" },
    "postgres-setting": { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});

const WARM_UP_MS = 400;
/** Before anything counts, so that every contestant's code has been compiled by the engine. */
const FIRST_WARM_UP_MS = 5_000;
const ROUND_MAX = 25;

if (values.help) console.log(USAGE);
else if (values.codex) console.log(await benchCodexLanes(path.resolve(".cache/bench")));
else if (values.log) console.log(await benchRequestLog(path.resolve(".cache/bench")));
else if (values.gallery) console.log(await shootGallery(path.resolve(".cache/bench")));
else if (values.lighthouse) console.log(await benchLighthouse(path.resolve(".cache/bench")));
else await main();

async function main(): Promise<void> {
  const cacheDir = path.resolve(".cache/bench");
  const dataDir = path.join(cacheDir, `data-${process.pid}`);
  const profileDir = values.profile ? path.join(cacheDir, `profile-${process.pid}`) : null;
  mkdirSync(cacheDir, { recursive: true });
  const names = values.soak === undefined ? chosenContestants(values.only) : (["wallet"] as const);
  const postgresSettings = Object.fromEntries(values["postgres-setting"].map((pair) => pair.split("=", 2) as [string, string]));
  console.log(`${new Date().toISOString()}, Node ${process.version}, ${availableParallelism()} shared cores, load before ${load()}\n`);
  const arena = await openArena({ names, cacheDir, dataDir, profileDir, postgresSettings });
  try {
    await Promise.race([measure(arena), untilInterrupted()]);
  } finally {
    await arena.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  if (profileDir !== null) console.log(`\n${readCpuProfile(profileDir)}`);
}

async function measure(arena: Arena): Promise<void> {
  if (values.soak === undefined) await compare(arena);
  else console.log(await soak(arena, Number(values.soak)));
  const problems = await arena.installation.verify();
  console.log(`\nledger after the load: ${problems.length === 0 ? "every check passes" : problems.join("; ")}; load after ${load()}`);
  if (problems.length > 0) process.exitCode = 1;
}

/** Postgres is detached from the terminal, so somebody has to stop it. */
function untilInterrupted(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => reject(new Error(`interrupted by ${signal}`)));
  });
}

async function compare(arena: Arena): Promise<void> {
  const rounds = Math.min(Number(values.rounds), ROUND_MAX);
  const cases = chosenCases(values.cases);
  for (const contestant of arena.contestants) {
    for (const stream of [true, false]) await fire(arena, contestant, { stream, body: "1KB", connections: 64 }, FIRST_WARM_UP_MS);
  }
  const results: CaseResult[] = [];
  for (const on of cases) {
    const seen = new Map<ContestantName, Measured[]>(arena.contestants.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contestant of arena.contestants) {
        seen.get(contestant.name)?.push(await fire(arena, contestant, on, Number(values.seconds) * 1000));
      }
    }
    results.push({ on, medians: new Map([...seen].map(([name, all]) => [name, medianOf(all)])) });
    console.error(`${caseName(on)} done`);
  }
  console.log(ratioTable(results));
  const memory = arena.contestants.map(({ name, process: { pid } }) => [name, "", memoryOf(pid).peak.toFixed(0)]);
  console.log(`\n${markdown(["peak memory", "", "MiB"], memory)}`);
}

function fire(arena: Arena, contestant: Arena["contestants"][number], on: Case, measureMs: number): Promise<Measured> {
  const billed = contestant.name === "wallet" || contestant.name === "own key";
  return shoot({
    load: arena.load,
    contestant,
    on,
    warmUpMs: WARM_UP_MS,
    measureMs,
    postmasterPid: billed ? arena.installation.postgres.pid : null,
  });
}

function chosenContestants(only: string | undefined): readonly ContestantName[] {
  if (only === undefined) return CONTESTANTS;
  const wanted = only.split(",");
  return CONTESTANTS.filter((name) => wanted.includes(name));
}

function chosenCases(text: string): Case[] {
  const wanted = new Set(text.split(",").filter((word) => word !== ""));
  const pick = <T>(all: readonly T[], nameOf: (value: T) => string) => {
    const some = all.filter((value) => wanted.has(nameOf(value)));
    return some.length > 0 ? some : all;
  };
  const streams = pick([false, true], (stream) => (stream ? "sse" : "json"));
  const bodies = pick<BodySize>(["1KB", "38KB"], (body) => body);
  const connections = pick([1, 16, 64], String);
  return streams.flatMap((stream) => bodies.flatMap((body) => connections.map((count) => ({ stream, body, connections: count }))));
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
}
