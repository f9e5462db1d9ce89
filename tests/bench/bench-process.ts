import { fork, spawn, type ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";

export type BenchProcess = { pid: number; port: number; child: ChildProcess; stop(): Promise<void> };

type ForkOptions = { args?: readonly string[]; env?: Readonly<Record<string, string>>; execArgv?: readonly string[] };

const PRODUCTION: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production" };
const STOP_MS = 10_000;
const START_MS = 30_000;
/** USER_HZ: what /proc counts processor time in. */
const TICKS_PER_SECOND = 100;

/** Compiles the processes as `workers/run.mjs` compiles the product, so that a contestant runs what `npm start` would run. */
export async function compileProcesses(outdir: string): Promise<(name: string) => string> {
  const folder = path.resolve("tests/bench/processes");
  await build({
    entryPoints: readdirSync(folder).map((name) => path.join(folder, name)),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "linked",
    logLevel: "error",
  });
  return (name) => path.join(outdir, `${name}.mjs`);
}

/** One of our own processes, which sends its port when it is ready (0: it listens on none). */
export async function forkProcess(file: string, options: ForkOptions = {}): Promise<BenchProcess> {
  const child = fork(file, options.args ?? [], {
    env: { ...PRODUCTION, ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", (message: { port: number }) => resolve(message.port));
    setTimeout(() => reject(new Error(`${path.basename(file)} is not ready`)), START_MS).unref();
    child.once("exit", (code) => reject(new Error(`${path.basename(file)} ended with ${code} before it was ready`)));
  });
  return running(child, port);
}

/** Somebody else's server: ready when it takes connections. */
export async function spawnServer(args: readonly string[], port: number): Promise<BenchProcess> {
  const child = spawn(process.execPath, args, { env: PRODUCTION, stdio: "ignore" });
  const deadline = Date.now() + START_MS;
  for (;;) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answered) return running(child, port);
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${args[0]} does not answer on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function running(child: ChildProcess, port: number): BenchProcess {
  return {
    pid: child.pid!,
    port,
    child,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        child.once("exit", () => {
          clearTimeout(force);
          resolve();
        });
        child.kill("SIGTERM");
      }),
  };
}

/** Resident memory in MiB: what it is, and the most that it has been. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? NaN) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
}

/** Processor seconds that the process has used, with those of its living children when asked for. */
export function cpuSecondsOf(pid: number, withChildren = false): number {
  const own = readStat(pid);
  if (own === null) return NaN;
  if (!withChildren) return own.ticks / TICKS_PER_SECOND;
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === pid);
  return (own.ticks + children.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0)) / TICKS_PER_SECOND;
}

function readStat(pid: number): { parent: number; ticks: number } | null {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return null;
  try {
    // The name in parentheses may hold blanks; what follows it is separated by single ones, beginning with the state.
    const text = readFileSync(file, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null;
  }
}
