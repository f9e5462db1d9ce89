import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";
import { unlessStatus } from "@/workers/codex-runner/containers/shared/unless-status";

const MESSAGE_LENGTH_MAX = 500;

/** What an engine refused, or that it did not answer, in the words of the driver. */
export function asContainerError(engine: Pick<Engine, "name" | "address">, error: unknown): ContainerError {
  if (error instanceof ContainerError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const text = cause.message.slice(0, MESSAGE_LENGTH_MAX);
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    return new ContainerError("no_space", `The disk of Docker engine ${engine.name} is full: ${text}`, { cause });
  }
  if (/non-overlapping IPv4 address pool|no available network/i.test(text)) {
    const flag = "--default-address-pool base=10.100.0.0/16,size=28";
    return new ContainerError(
      "failed",
      `Docker engine ${engine.name} has no network left for one more account: start dockerd with ${flag}.`,
      { cause },
    );
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (statusOf(error) !== null || code === undefined)
    return new ContainerError("failed", `Docker engine ${engine.name}: ${text}`, { cause });
  if (code === "ENOENT" || code === "EACCES") {
    const what = code === "ENOENT" ? "There is no Docker engine" : "This user may not use the Docker engine";
    return new ContainerError("driver_missing", `${what} at ${engine.address}: start dockerd, or set DOCKER_HOSTS.`, { cause });
  }
  return new ContainerError("unreachable", `Docker engine ${engine.name} at ${engine.address} does not answer (${code}).`, {
    cause,
  });
}

/** The status of the engine's answer; null when there was none. */
function statusOf(error: unknown): number | null {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" ? status : null;
}

export const unless = unlessStatus(statusOf);
