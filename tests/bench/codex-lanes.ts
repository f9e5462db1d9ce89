import { rmSync } from "node:fs";
import { loadavg } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { type CodexProduct, startCodexProduct } from "@/tests/bench/codex-product";
import { idleMemory } from "@/tests/bench/idle-memory";
import { markdown } from "@/tests/bench/report";
import { codexBinary } from "@/tests/contract/harness/codex";
import { startDockerd, whyNoDockerd } from "@/tests/factories/docker";
import { freePort } from "@/workers/shared/free-port";

/*
 * Codex lanes through the whole product as `npm start` runs it: client -> web -> runner -> Codex in its sandbox -> egress proxy -> model.
 * The model is the simulator, which answers at once; beside it the same question straight to the simulator, in the same run.
 */
const ASKED = { model: "gpt-5.5", input: "say: one two three four five six seven eight", stream: true };
const ALIKE = JSON.stringify(ASKED);
/** They differ from each other in what belongs to a thread: asked in turn, none is made ahead for them. */
const TWO_KINDS = ["low", "high"].map((effort) => JSON.stringify({ ...ASKED, reasoning: { effort } }));
const WARM_UP_TURNS = 20;
const TURNS = 60;
/** Whoever asks one turn after the other reads the answer first. */
const READING_MS = 100;
const THROUGHPUT_MS = 4_000;
const PARALLEL = [1, 4, 8];
/** Until then Codex has given back what the load took, and a thread that was made ahead is gone. */
const IDLE_MS = 45_000;
/** The shortest that the settings allow. */
const IDLE_STOP_S = 10;
const COLD_ROUNDS = 5;

const PROVIDERS = ["lane", "built_in"] as const;

type Turn = { firstMs: number; totalMs: number };
type Round = { alike: Turn; twoKinds: Turn; model: Turn };
type ProductWork<T> = (product: CodexProduct, dataDir: string) => Promise<T>;

export async function benchCodexLanes(cacheDir: string): Promise<string> {
  const begun = `${new Date().toISOString()}, Node ${process.version}, load before ${loadavg()[0]?.toFixed(2)}`;
  const warm = [];
  for (const provider of PROVIDERS) warm.push(await benchProvider(cacheDir, provider));
  const cold = [await coldStarts(cacheDir, "bubblewrap"), await coldStarts(cacheDir, "process"), await coldStartsInDocker(cacheDir)];
  return [
    `${begun}, after ${loadavg()[0]?.toFixed(2)}`,
    `Over the model's own time, ms; ${TURNS} turns with ${READING_MS} ms between them, then ${THROUGHPUT_MS / 1000} s in parallel:`,
    markdown(
      ["provider", "requests", "first delta p50 / p95", "whole turn p50 / p95", `turns/s with ${PARALLEL.join(" / ")} accounts`],
      warm.flatMap(({ speed }) => speed),
    ),
    `Memory per idle account, proportional, MiB; ${IDLE_MS / 1000} s after the load:`,
    markdown(
      ["provider", "accounts", "sum", "Codex's own", "its share of Codex's binary", "bwrap", "processes"],
      warm.map(({ memory }) => memory),
    ),
    `First turn of a stopped container over a warm one, ms; ${COLD_ROUNDS} rounds:`,
    markdown(["driver", "", "median", "most", "warm turn"], cold),
  ].join("\n\n");
}

async function benchProvider(cacheDir: string, provider: string): Promise<{ speed: string[][]; memory: string[] }> {
  return withProduct({ cacheDir, name: provider, env: { CODEX_PROVIDER: provider } }, async (product, dataDir) => {
    await product.connect(2);
    const rounds = await warmRounds(product);
    const over = (pick: (round: Round) => Turn, of: (one: Turn) => number) =>
      spread(rounds.map((round) => of(pick(round)) - of(round.model)));
    const row = (pick: (round: Round) => Turn) => [over(pick, (one) => one.firstMs), over(pick, (one) => one.totalMs)];
    await product.connect(Math.max(...PARALLEL));
    const rates: string[] = [];
    for (const count of PARALLEL) rates.push((await turnsPerSecond(product, count)).toFixed(1));
    await delay(IDLE_MS);
    const { accounts, processes, codexMib, binaryMib, bwrapMib } = idleMemory(dataDir);
    const mib = [codexMib + binaryMib + bwrapMib, codexMib, binaryMib, bwrapMib].map((value) => value.toFixed(1));
    return {
      speed: [
        [provider, "alike", ...row((round) => round.alike), rates.join(" / ")],
        [provider, "two kinds in turn", ...row((round) => round.twoKinds), ""],
      ],
      memory: [provider, String(accounts), ...mib, processes.toFixed(0)],
    };
  });
}

async function coldStarts(cacheDir: string, driver: string, env: Record<string, string> = {}): Promise<string[]> {
  const settings = { CODEX_DRIVER: driver, CODEX_IDLE_STOP_S: String(IDLE_STOP_S), CODEX_PROVIDER: "lane", ...env };
  return withProduct({ cacheDir, name: driver, env: settings }, async (product) => {
    const ask = () => turn(product.url, product.keys[0] ?? "");
    const warm = await repeat(WARM_UP_TURNS, ask);
    const warmMs = quantile(
      warm.map(({ totalMs }) => totalMs),
      0.5,
    );
    const cold = await repeat(COLD_ROUNDS, async () => {
      await product.stopped();
      return (await ask()).totalMs - warmMs;
    });
    return [driver, "", `+ ${quantile(cold, 0.5).toFixed(0)}`, `+ ${Math.max(...cold).toFixed(0)}`, warmMs.toFixed(0)];
  });
}

async function coldStartsInDocker(cacheDir: string): Promise<string[]> {
  const why = whyNoDockerd();
  if (why !== null) return ["docker", `skipped: ${why}`, "", "", ""];
  const dockerd = await startDockerd();
  try {
    return await coldStarts(cacheDir, "docker", { DOCKER_HOSTS: `bench=unix://${dockerd.socketPath}` });
  } finally {
    await dockerd.stop();
  }
}

async function withProduct<T>(options: { cacheDir: string; name: string; env: Record<string, string> }, work: ProductWork<T>): Promise<T> {
  const dataDir = path.join(options.cacheDir, `codex-${process.pid}-${options.name}`);
  const env = { SWITCHYARD_CODEX_BIN: await codexBinary(), LOG_LEVEL: "info", ...options.env };
  const product = await startCodexProduct({ dataDir, port: await freePort(0), env });
  try {
    await product.connect(1);
    const result = await work(product, dataDir);
    console.error(`${options.name}: ${JSON.stringify(result)}`);
    return result;
  } finally {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** One account is asked alike, another one two kinds of turns, and the model itself, in turn. */
async function warmRounds(product: CodexProduct): Promise<Round[]> {
  const [first = "", second = ""] = product.keys;
  let asked = 0;
  const round = async () => {
    await delay(READING_MS);
    return {
      alike: await turn(product.url, first),
      twoKinds: await turn(product.url, second, TWO_KINDS[asked++ % TWO_KINDS.length]),
      model: await turn(product.modelUrl, "sk-simulated"),
    };
  };
  await repeat(WARM_UP_TURNS, round);
  return repeat(TURNS, round);
}

async function turn(baseUrl: string, key: string, body = ALIKE): Promise<Turn> {
  const beginMs = performance.now();
  const answer = await request(`${baseUrl}/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body,
  });
  let firstMs: number | null = null;
  let text = "";
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    text += chunk.toString("utf8");
    if (firstMs === null && text.includes("output_text.delta")) firstMs = performance.now() - beginMs;
  }
  if (answer.statusCode !== 200 || firstMs === null || !text.includes("response.completed")) throw new Error(`a turn failed: ${text}`);
  return { firstMs, totalMs: performance.now() - beginMs };
}

async function turnsPerSecond(product: CodexProduct, accounts: number): Promise<number> {
  const beginMs = performance.now();
  const counts = await Promise.all(
    product.keys.slice(0, accounts).map(async (key) => {
      let count = 0;
      for (; performance.now() - beginMs < THROUGHPUT_MS; count += 1) await turn(product.url, key);
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - beginMs) / 1000);
}

function spread(values: readonly number[]): string {
  return `${quantile(values, 0.5).toFixed(0)} / ${quantile(values, 0.95).toFixed(0)}`;
}

async function repeat<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < count; at += 1) results.push(await work());
  return results;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}
