import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { LABELS } from "@/workers/codex-runner/containers/docker/container-spec";
import { asContainerError } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

/**
 * The engine of an account: the one that is known to hold its home, and never another; else the one where its home is found, else
 * the one with the fewest. As long as any of them does not answer, nobody knows whether the home is there, and a second home would
 * be a second container.
 */
export async function placeHome(
  engines: readonly Engine[],
  home: { installation: string; name: string; host: string | null },
): Promise<Engine> {
  if (home.host !== null) return engineNamed(engines, home.host);
  const [only, ...others] = engines;
  if (only && others.length === 0) return only;
  const counted = await Promise.all(engines.map(async (engine) => ({ engine, names: await homesOn(engine, home.installation) })));
  const holder = counted.find(({ names }) => names.includes(home.name));
  const emptiest = counted.toSorted((a, b) => a.names.length - b.names.length)[0];
  const chosen = holder ?? emptiest;
  if (!chosen) throw new ContainerError("driver_missing", "No Docker engine is configured: set DOCKER_HOSTS.");
  return chosen.engine;
}

export function engineNamed(engines: readonly Engine[], name: string): Engine {
  const found = engines.find((engine) => engine.name === name);
  if (found) return found;
  throw new ContainerError("unreachable", `The home of this account is on Docker engine ${name}, which is not in DOCKER_HOSTS.`);
}

async function homesOn(engine: Engine, installation: string): Promise<readonly string[]> {
  try {
    const { Volumes } = await engine.calls.listVolumes({ filters: { label: [`${LABELS.installation}=${installation}`] } });
    return (Volumes ?? []).map((volume) => volume.Name);
  } catch (error) {
    throw asContainerError(engine, error);
  }
}
