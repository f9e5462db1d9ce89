import { LABELS } from "@/workers/codex-runner/containers/docker/container-spec";
import { unless } from "@/workers/codex-runner/containers/docker/docker-error";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

type NetworkInfo = { IPAM?: { Config?: { Gateway?: string }[] | null } };

/** A network of one account without a way out; answers the address that the engine's own machine has on it. */
export async function ensureInternalNetwork(engine: Engine, network: { name: string; installation: string }): Promise<string> {
  const existing = (await unless([404], engine.calls.getNetwork(network.name).inspect())) as NetworkInfo | null;
  const found = existing ?? (await makeNetwork(engine, network));
  const gateway = found.IPAM?.Config?.[0]?.Gateway;
  if (gateway === undefined) throw new Error(`network ${network.name} has no gateway`);
  return gateway;
}

async function makeNetwork(engine: Engine, { name, installation }: { name: string; installation: string }): Promise<NetworkInfo> {
  // 409: somebody else has made it in this moment.
  await unless(
    [409],
    engine.calls.createNetwork({
      Name: name,
      Driver: "bridge",
      Internal: true,
      CheckDuplicate: true,
      Options: { "com.docker.network.bridge.enable_icc": "false" },
      Labels: { [LABELS.installation]: installation },
    }),
  );
  return engine.calls.getNetwork(name).inspect();
}
