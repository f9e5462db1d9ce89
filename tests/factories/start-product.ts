import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { codexBinary } from "@/tests/contract/harness/codex";
import { freePort } from "@/workers/shared/free-port";

export type RunningProduct = {
  url: string;
  dataDir: string;
  pid: number;
  /** Everything that it has printed, standard error included. */
  output: () => string;
  /** Fulfils with the exit code. */
  exited: Promise<number | null>;
  /** Fulfils when a line with this text is printed, `count` times in all; fails when the product ends first. */
  said: (text: string, count?: number) => Promise<void>;
  /** Process number of a worker such as `web`. */
  workerPid: (name: string) => number;
  postgresPid: () => number;
  stop: () => Promise<void>;
};

/** `npm start` as a process of its own, on a free port, until the test is over. Not yet ready: wait for what it says. */
export async function startProduct(dataDir: string, env: Record<string, string> = {}): Promise<RunningProduct> {
  const product = await spawnProduct(dataDir, env);
  onTestFinished(product.stop);
  return product;
}

/** For a whole file of tests: whoever calls this calls `stop`. */
export async function spawnProduct(dataDir: string, env: Record<string, string> = {}): Promise<RunningProduct> {
  const port = Number(env["PORT"] ?? (await freePort(0)));
  const child = spawn(process.execPath, ["workers/run.mjs", "start"], {
    env: {
      ...withoutSettings(process.env),
      CODEX_CATALOGUE: "off",
      // Fetched once for all tests.
      SWITCHYARD_CODEX_BIN: await codexBinary(),
      SWITCHYARD_DATA_DIR: dataDir,
      PORT: String(port),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const listener of listeners) listener();
    });
  }
  const exited = new Promise<number | null>((fulfil) => child.once("close", fulfil));
  const output = () => lines.join("\n");
  const said = (text: string, count = 1) =>
    new Promise<void>((fulfil, reject) => {
      const look = () => {
        if (lines.filter((line) => line.includes(text)).length < count) return;
        listeners.delete(look);
        fulfil();
      };
      listeners.add(look);
      look();
      void exited.then((code) => reject(new Error(`the product ended with ${code} before it said "${text}":\n${output()}`)));
    });
  const pid = child.pid ?? 0;
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    pid,
    output,
    exited,
    said,
    workerPid: (name) => findWorker(pid, name),
    postgresPid: () => Number(readFileSync(path.join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n")[0]),
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** The last line of the summary. */
export const READY = "Stop:";

/** Settings of the developer's shell must not steer a test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    DATABASE_URL: _database,
    OPENAI_API_KEY: _key,
    OPENAI_BASE_URL: _base,
    HOST: _host,
    PUBLIC_URL: _public,
    NODE_ENV: _mode,
    ...rest
  } = env;
  return rest as NodeJS.ProcessEnv;
}

function findWorker(parent: number, name: string): number {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  for (const row of table.split("\n")) {
    const [, pid, ppid, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    if (Number(ppid) === parent && args.endsWith(`/${name}.mjs`)) return Number(pid);
  }
  throw new Error(`process ${parent} has no worker ${name}`);
}
