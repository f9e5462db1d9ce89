import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { childEnv } from "@/lib/codex/child-env";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import {
  GO_FD,
  INFO_INNER_FD,
  INFO_OUTER_FD,
  type Sandbox,
  sandboxCommand,
} from "@/workers/codex-runner/containers/bubblewrap/sandbox-command";
import { childrenOf, markProcess, type ProcessMark } from "@/workers/codex-runner/containers/shared/process-mark";

export type StartedSandbox = {
  /** The inner bwrap: everything in the sandbox ends with it. */
  root: ProcessMark;
  /** Lets the program run; until then only the two layers of bwrap stand. Answers with the program's process. */
  go(): Promise<ProcessMark>;
  /** Exit code of the program; null: the outer layer was killed. */
  ended: Promise<number | null>;
  /** Of the outer layer, which is our child. */
  outer: ProcessMark;
  /** Of the program, where they are pipes. */
  stdin: Writable | null;
  stdout: Readable | null;
};

const info = z.object({ "child-pid": z.int() });
const INFO_CHARS_MAX = 4096;
const POLL_MS = 5;

/** Both layers are prepared and the program waits. A number is a descriptor. */
export async function startSandbox(
  sandbox: Sandbox,
  options: { input: "ignore" | "pipe"; output: number | "ignore" | "pipe"; errors: number; signal: AbortSignal },
): Promise<StartedSandbox> {
  const { program, args } = sandboxCommand(sandbox);
  const child = spawn(program, args, {
    // A session of its own: neither our end nor our terminal's reaches it.
    detached: true,
    cwd: "/",
    env: childEnv(process.env),
    stdio: [options.input, options.output, options.errors, "pipe", "pipe", "pipe"],
  });
  child.unref();
  const [outerInfo, go, innerInfo] = [INFO_OUTER_FD, GO_FD, INFO_INNER_FD].map((fd) => child.stdio[fd]) as unknown as [
    Readable,
    Writable,
    Readable,
  ];
  go.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", () => resolve(null));
  });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", (cause) => reject(new ContainerError("driver_missing", `${program} cannot be run.`, { cause })));
    child.once("exit", (code) => reject(new Error(`its sandbox ended with code ${code}`)));
    options.signal.addEventListener("abort", () => reject(options.signal.reason as Error), { once: true });
  });
  // Looked at only while something is waited for.
  failed.catch(() => undefined);
  try {
    const root = markProcess(await Promise.race([readChildPid(outerInfo), failed]));
    return {
      root,
      outer: markProcess(child.pid!),
      stdin: child.stdin,
      stdout: child.stdout,
      ended,
      go: async () => {
        go.end("go\n");
        const reaper = await Promise.race([readChildPid(innerInfo), failed]);
        return Promise.race([onlyChildOf(reaper, options.signal), failed]);
      },
    };
  } catch (error) {
    go.destroy();
    innerInfo.destroy();
    throw error;
  }
}

async function readChildPid(pipe: Readable): Promise<number> {
  let text = "";
  for await (const chunk of pipe.setEncoding("utf8") as AsyncIterable<string>) {
    text = (text + chunk).slice(0, INFO_CHARS_MAX);
    // One object, then the pipe is closed; but whoever has inherited the other end keeps it open.
    if (text.trimEnd().endsWith("}")) break;
  }
  return info.parse(JSON.parse(text))["child-pid"];
}

/** The first process of a process namespace only waits for orphans; the program is its child. */
async function onlyChildOf(pid: number, signal: AbortSignal): Promise<ProcessMark> {
  for (;;) {
    const [child] = childrenOf(pid);
    if (child) return child;
    signal.throwIfAborted();
    await delay(POLL_MS);
  }
}
