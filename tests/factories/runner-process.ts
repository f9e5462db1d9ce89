import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { MASTER_KEY, RUNNER_SECRET } from "@/tests/factories/runner";
import type { ChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";
import { OPENAI_NAMES } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

export type WorkerProcess = {
  pid: number;
  /** Of the line that said that it is ready. */
  ready: Readonly<Record<string, unknown>>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
};

type Machine = {
  databaseUrl: string;
  dataDir: string;
  caFile: string;
  codexBinary: string;
  chatgpt: ChatgptSimulator;
  env?: Readonly<Record<string, string>>;
};

const REPOSITORY = path.join(import.meta.dirname, "../..");

/** The real worker, as `npm start` runs it, on a machine whose OpenAI is simulated. */
export function startRunnerProcess(machine: Machine): Promise<WorkerProcess> {
  return startWorker("codex-runner", "codex-runner is listening", machine);
}

export function startEgressProcess(machine: Machine): Promise<WorkerProcess> {
  return startWorker("egress-proxy", "egress-proxy is running", machine);
}

async function startWorker(name: string, readyLine: string, machine: Machine): Promise<WorkerProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", path.join(REPOSITORY, "workers", name, "main.ts")], {
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: machine.databaseUrl,
      SWITCHYARD_DATA_DIR: machine.dataDir,
      SWITCHYARD_MASTER_KEY: MASTER_KEY,
      NEXTAUTH_SECRET: MASTER_KEY,
      RUNNER_SECRET,
      RUNNER_LEASE_S: "3",
      SWITCHYARD_CODEX_BIN: machine.codexBinary,
      CODEX_CA_FILE: machine.caFile,
      EGRESS_MAP: OPENAI_NAMES.map((openai) => `${openai}=127.0.0.1:${machine.chatgpt.port}`).join(","),
      LOG_LEVEL: "debug",
      NODE_OPTIONS: process.env.NODE_OPTIONS,
      ...machine.env,
    },
  });
  const exited = once(child, "exit");
  const ready = await Promise.race([
    untilLine(child, readyLine),
    exited.then(([code]) => {
      throw new Error(`${name} ended with ${String(code)} before it was ready`);
    }),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  return { pid: child.pid!, ready, kill: () => end("SIGKILL"), stop: () => end("SIGTERM") };
}

/** Its log is read to the end, so that it never waits for us; `WORKER_LOG=1` shows it. */
function untilLine(child: ChildProcess, message: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (process.env.WORKER_LOG) process.stderr.write(`${line}\n`);
      if (line.includes(message)) resolve(JSON.parse(line) as Record<string, unknown>);
    });
  });
}
