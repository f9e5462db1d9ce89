import { readdirSync, readFileSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { codexBinary } from "@/tests/contract/harness/codex";
import { type CodexProduct, startCodexProduct } from "@/tests/bench/codex-product";
import { freePort } from "@/workers/shared/free-port";

/*
 * Codex lanes through the whole product as `npm start` runs it: client -> web -> runner -> Codex in its sandbox -> egress proxy -> model.
 * The model is the simulator, which answers at once; beside it the same question straight to the simulator, in the same run.
 */
const BODY = JSON.stringify({ model: "gpt-5.5", input: "say: one two three four five six seven eight", stream: true });
const WARM_UP_TURNS = 20;
const TURNS = 60;
const THROUGHPUT_MS = 4_000;
const PARALLEL = [1, 4, 8];
const IDLE_STOP_S = 10;
const COLD_ROUNDS = 5;
const KIB = 1024;

type Turn = { firstMs: number; totalMs: number };

export async function benchCodexLanes(cacheDir: string): Promise<string> {
  const lines = [
    `load before ${loadavg()[0]?.toFixed(2)}; medians; ms over the model's own time; ${TURNS} turns one after the other, then ${THROUGHPUT_MS / 1000} s in parallel`,
    "",
    "| provider in the container | first delta p50 / p95 | whole turn p50 / p95 | turns/s with 1 / 4 / 8 accounts | PSS per idle account | first turn of a stopped container |",
    "| --- | --- | --- | --- | --- | --- |",
  ];
  for (const provider of ["lane", "built_in"]) lines.push(await benchProvider(cacheDir, provider));
  return lines.join("\n");
}

async function benchProvider(cacheDir: string, provider: string): Promise<string> {
  const dataDir = path.join(cacheDir, `codex-${process.pid}-${provider}`);
  const product = await startCodexProduct({
    dataDir,
    port: await freePort(0),
    env: { CODEX_PROVIDER: provider, CODEX_IDLE_STOP_S: String(IDLE_STOP_S), SWITCHYARD_CODEX_BIN: await codexBinary(), LOG_LEVEL: "info" },
  });
  try {
    await product.connect(1);
    const ask = () => turn(product.url, product.keys[0] ?? "");
    const model = () => turn(product.modelUrl, "sk-simulated");
    await repeat(WARM_UP_TURNS, async () => [await ask(), await model()]);
    const pairs = await repeat(TURNS, async () => ({ ours: await ask(), model: await model() }));
    const over = (of: (one: Turn) => number) => pairs.map(({ ours, model: own }) => of(ours) - of(own));
    await product.connect(Math.max(...PARALLEL));
    const rates: string[] = [];
    for (const count of PARALLEL) rates.push((await turnsPerSecond(product, count)).toFixed(1));
    const pss = idleMemoryMib();
    const cold: number[] = [];
    const warm = quantile(
      pairs.map(({ ours }) => ours.totalMs),
      0.5,
    );
    for (let round = 0; round < COLD_ROUNDS; round += 1) {
      await delay((IDLE_STOP_S + 3) * 1000);
      cold.push((await ask()).totalMs - warm);
    }
    const spread = (values: number[]) => `${quantile(values, 0.5).toFixed(0)} / ${quantile(values, 0.95).toFixed(0)}`;
    return `| ${provider} | ${spread(over((one) => one.firstMs))} | ${spread(over((one) => one.totalMs))} | ${rates.join(" / ")} | ${pss} | + ${quantile(cold, 0.5).toFixed(0)} |`;
  } finally {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function turn(baseUrl: string, key: string): Promise<Turn> {
  const beginMs = performance.now();
  const answer = await request(`${baseUrl}/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: BODY,
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

/** Of every process in the sandboxes of this machine, divided by the containers. Shared pages count by their share. */
function idleMemoryMib(): string {
  let kib = 0;
  let containers = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      if (!command.includes("/opt/codex/bin/codex")) continue;
      if (command.startsWith("/opt/codex/bin/codex")) containers += 1;
      kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return `${(kib / KIB / containers).toFixed(0)} MiB (${containers})`;
}

async function repeat<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let at = 0; at < count; at += 1) results.push(await work());
  return results;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
}
