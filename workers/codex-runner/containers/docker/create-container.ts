import { setTimeout as delay } from "node:timers/promises";
import type { ContainerCreateOptions } from "dockerode";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";
import { inspectContainer } from "@/workers/codex-runner/containers/docker/stop-container";

const MAKING_MS_MAX = 10_000;
const POLL_MS = 25;

/** Makes the container, or waits for the one that somebody else is making: an engine gives a name away before there is anything under it. */
export async function createContainer(engine: Engine, spec: ContainerCreateOptions & { name: string }): Promise<void> {
  const created = await unless([409], engine.calls.createContainer(spec));
  if (created !== null) return;
  const deadline = AbortSignal.timeout(MAKING_MS_MAX);
  while (!deadline.aborted) {
    if ((await inspectContainer(engine, spec.name)) !== null) return;
    await delay(POLL_MS);
  }
  throw new ContainerError("failed", `Docker engine ${engine.name} has given the name ${spec.name} away and has no such container.`);
}
