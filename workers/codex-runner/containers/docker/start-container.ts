import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { ContainerInspectInfo } from "dockerode";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { Demultiplex } from "@/workers/codex-runner/containers/docker/demultiplex";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";
import { answersWebSocket } from "@/workers/codex-runner/containers/docker/open-connection";
import { inspectContainer, stopContainer } from "@/workers/codex-runner/containers/docker/stop-container";

type Start = {
  name: string;
  /** Before the start, while nothing in the container runs. */
  prepare: () => Promise<void>;
  /** As soon as the container has a network namespace. */
  openDoor: (pid: number) => Promise<void>;
  /** Whether a SIGTERM would find somebody who listens to it. */
  canDrain: (pid: number) => Promise<boolean>;
  connect: (signal: AbortSignal) => Promise<Duplex>;
};

const START_MS_MAX = 30_000;
const POLL_MS = 25;
const LAST_WORDS_BYTES_MAX = 4096;

/**
 * Returns when app-server answers. What does not come up is stopped, so that the next start is a new one. What ran before is stopped
 * only when it does not answer: a door that stays shut is no reason, it may be because a successor has it.
 */
export async function startContainer(engine: Engine, start: Start): Promise<ContainerInspectInfo> {
  const { name } = start;
  const before = await present(engine, name);
  const stderr = before.State.Running ? null : await listenToStderr(engine, name);
  try {
    if (!before.State.Running) {
      await start.prepare();
      // 304: it runs already.
      await unless([304], engine.calls.getContainer(name).start());
    }
    const running = await present(engine, name);
    await openDoor(engine, start, running.State.Pid);
    await untilItAnswers(engine, start, () => stderr?.lastWords() ?? "");
    return running;
  } catch (error) {
    if (!before.State.Running) await stopContainer(engine, name, 0).catch(() => undefined);
    throw error;
  } finally {
    stderr?.close();
  }
}

/** Of a container that has ended already the reason is told by whoever waits for its answer. */
async function openDoor(engine: Engine, start: Start, pid: number): Promise<void> {
  try {
    if (pid > 0) await start.openDoor(pid);
  } catch (error) {
    // A process that has ended is still listed for a moment, without its namespaces.
    if (existsSync(`/proc/${pid}/ns/net`)) throw error;
  }
}

async function untilItAnswers(engine: Engine, start: Start, lastWords: () => string): Promise<void> {
  const deadline = AbortSignal.timeout(START_MS_MAX);
  while (!deadline.aborted) {
    const connection = await start.connect(deadline).catch(() => null);
    const isThere = connection !== null && (await answersWebSocket(connection));
    const { State } = await present(engine, start.name);
    if (isThere && (await start.canDrain(State.Pid))) return;
    if (!State.Running) {
      const why = State.OOMKilled ? "out of memory" : `exit code ${State.ExitCode}`;
      const words = lastWords();
      const reason = /no space left|disk is full|disk i\/o error/i.test(words) ? "no_space" : "failed";
      throw new ContainerError(reason, `Codex ended at its start (${why}). ${words}`.trim());
    }
    await delay(POLL_MS);
  }
  await stopContainer(engine, start.name, 0);
  throw new ContainerError("failed", `Codex did not answer within ${START_MS_MAX / 1000} s of its start. ${lastWords()}`.trim());
}

/** The engine keeps no log of the container, so whoever wants to know why a start failed has to listen from before it. */
async function listenToStderr(engine: Engine, name: string): Promise<{ lastWords(): string; close(): void }> {
  const connection = (await engine.streams.getContainer(name).attach({ stream: true, stderr: true, hijack: true })) as Duplex;
  let tail = Buffer.alloc(0);
  const words = connection.pipe(new Demultiplex("stderr"));
  words.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-LAST_WORDS_BYTES_MAX);
  });
  connection.on("error", () => undefined);
  return { lastWords: () => tail.toString("utf8").trim(), close: () => void connection.destroy() };
}

async function present(engine: Engine, name: string): Promise<ContainerInspectInfo> {
  const found = await inspectContainer(engine, name);
  if (found) return found;
  throw new ContainerError("failed", `Container ${name} was removed from Docker engine ${engine.name} at its start.`);
}
