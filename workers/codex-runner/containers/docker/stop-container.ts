import { setTimeout as delay } from "node:timers/promises";
import type { ContainerInspectInfo } from "dockerode";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

/** After SIGKILL. A process that waits for a dead disk does not end, and then nothing may be started in its place. */
const KILL_MS_MAX = 10_000;
/** The first process of a container never sees a SIGTERM that comes before it listens to it, which elsewhere cannot be seen. */
const YOUTH_MS = 1_000;

/** SIGTERM and, after `drainMs`, SIGKILL. Returns when the engine says that the process is gone; one that is not there is gone. */
export async function stopContainer(engine: Engine, name: string, drainMs: number): Promise<void> {
  const found = await inspectContainer(engine, name);
  if (found === null || !runs(found)) return;
  if (drainMs > 0 && !engine.isLocal) await delay(youthMs(found));
  if (drainMs > 0 && (await endsAfter(engine, { name, signal: "SIGTERM", withinMs: drainMs }))) return;
  if (await endsAfter(engine, { name, signal: "SIGKILL", withinMs: KILL_MS_MAX })) return;
  throw new ContainerError("failed", `Container ${name} on Docker engine ${engine.name} does not end.`);
}

/** Removes the container and leaves its volume. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  await stopContainer(engine, name, 0);
  // 409: its removal is under way already.
  await unless([404, 409], engine.calls.getContainer(name).remove({ force: true }));
}

async function endsAfter(engine: Engine, stop: { name: string; signal: string; withinMs: number }): Promise<boolean> {
  const deadline = AbortSignal.timeout(stop.withinMs);
  // 409: it has ended meanwhile.
  await unless([404, 409], engine.calls.getContainer(stop.name).kill({ signal: stop.signal }));
  try {
    await unless([404], engine.streams.getContainer(stop.name).wait({ condition: "not-running", abortSignal: deadline }));
  } catch (error) {
    if (!deadline.aborted) throw error;
  }
  const found = await inspectContainer(engine, stop.name);
  return found === null || !runs(found);
}

function runs({ State }: ContainerInspectInfo): boolean {
  return State.Running || State.Pid > 0;
}

/** How long it may not listen to SIGTERM yet. By the clock of the engine's machine, so within bounds. */
function youthMs({ State }: ContainerInspectInfo): number {
  const ageMs = Date.now() - Date.parse(State.StartedAt);
  return ageMs >= 0 && ageMs < YOUTH_MS ? YOUTH_MS - ageMs : 0;
}

export function inspectContainer(engine: Engine, name: string): Promise<ContainerInspectInfo | null> {
  return unless([404], engine.calls.getContainer(name).inspect());
}
