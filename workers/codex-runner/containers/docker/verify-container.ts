import { readFile } from "node:fs/promises";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { inspectContainer } from "@/workers/codex-runner/containers/docker/stop-container";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

/** What the kernel says of a process that has no rights and can get none. */
const CONFINED = [/^CapBnd:\s0+$/m, /^CapEff:\s0+$/m, /^NoNewPrivs:\s1$/m];

const SIGTERM_BIT = 1n << 14n;

/**
 * Asks the kernel of this machine about the first process of a container, before anything is opened for it: that it is the one
 * that the engine means, and that it is confined as it was asked for. `isNative`: another runtime's process is that of its monitor.
 */
export async function verifyContainer(engine: Engine, container: { name: string; pid: number; isNative: boolean }): Promise<void> {
  const { name, pid, isNative } = container;
  const [groups, status, found] = await Promise.all([
    readFile(`/proc/${pid}/cgroup`, "utf8").catch(() => ""),
    readFile(`/proc/${pid}/status`, "utf8").catch(() => ""),
    inspectContainer(engine, name),
  ]);
  // It has ended meanwhile: whoever waits for its answer finds out why.
  if (!found?.State.Running) return;
  // A unix socket may lead to an engine in a virtual machine or elsewhere, whose process ids mean other processes than here.
  if (!groups.includes(found.Id)) {
    const advice = `give Docker engine ${engine.name} by its tcp:// address in DOCKER_HOSTS`;
    throw new ContainerError("failed", `The containers behind ${engine.address} do not run on this machine: ${advice}.`);
  }
  if (isNative && !CONFINED.every((line) => line.test(status))) {
    throw new ContainerError("failed", `Docker engine ${engine.name} did not confine container ${name} as it was asked to.`);
  }
}

/** app-server answers a moment before it listens to SIGTERM, and the first process of a container never sees one that came too early. */
export async function listensToSigterm(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const caught = BigInt(`0x${/^SigCgt:\s([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return (caught & SIGTERM_BIT) !== 0n;
}
