import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Keeps one worker process alive. `running -> (dies) -> waiting -> running`, at most RESTARTS_MAX times in a row, then
 * `given up`; `stop` ends it from any state. The worker is detached, so a Ctrl-C in the terminal reaches only `start`,
 * which stops the workers in order; the channel between the two closes when `start` itself dies, and the worker follows.
 */
export type Worker = {
  /** SIGTERM, and SIGKILL when the bound has passed. */
  stop(boundMs: number): Promise<void>;
  kill: () => void;
};

export type WorkerOptions = {
  name: string;
  file: string;
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
  onGivenUp: (reason: string) => void;
  /** Doubles with every restart in a row. */
  backoffFirstMs?: number;
};

/** Room for what one request leaves behind: with the default of 16 MiB a busy gateway spends a fifth of its time on copying the young. */
export const WORKER_FLAGS: readonly string[] = ["--enable-source-maps", "--max-semi-space-size=32"];

const RESTARTS_MAX = 5;
const BACKOFF_FIRST_MS = 500;
/** A worker that lived this long starts with a clean sheet. */
const HEALTHY_MS = 60_000;

export function superviseWorker(options: WorkerOptions): Worker {
  const { backoffFirstMs = BACKOFF_FIRST_MS } = options;
  const stopping = new AbortController();
  let child: ChildProcess | null = null;

  const done = (async () => {
    for (let failures = 0; !stopping.signal.aborted;) {
      const startedAt = Date.now();
      child = spawnWorker(options);
      const ending = await untilExit(child);
      child = null;
      if (stopping.signal.aborted) return;
      failures = Date.now() - startedAt > HEALTHY_MS ? 1 : failures + 1;
      if (failures > RESTARTS_MAX) return options.onGivenUp(`${options.name} ended ${failures} times in a row (${ending})`);
      const waitMs = backoffFirstMs * 2 ** (failures - 1);
      options.log(`ended unexpectedly (${ending}); starting it again in ${waitMs / 1000} s`);
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    async stop(boundMs) {
      stopping.abort();
      child?.kill("SIGTERM");
      const timer = setTimeout(() => {
        options.log(`did not stop within ${boundMs / 1000} s and is killed`);
        child?.kill("SIGKILL");
      }, boundMs);
      await done;
      clearTimeout(timer);
    },
    kill() {
      stopping.abort();
      child?.kill("SIGKILL");
    },
  };
}

function spawnWorker({ file, args = [], env, log }: WorkerOptions): ChildProcess {
  const child = spawn(process.execPath, [...WORKER_FLAGS, file, ...args], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", log);
  }
  return child;
}

function untilExit(child: ChildProcess): Promise<string> {
  return new Promise((fulfil) => {
    child.on("error", (error) => fulfil(error.message));
    child.on("exit", (code, signal) => fulfil(signal ? `signal ${signal}` : `exit code ${code}`));
  });
}
