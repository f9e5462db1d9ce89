import type { EngineAddress } from "@/workers/codex-runner/containers/docker/engine";

/** A machine may change its name, so this one has none of it. */
const OWN_ENGINE: EngineAddress = { name: "local", address: "unix:///var/run/docker.sock" };

/** From `name=address` entries, which the settings have checked. Without entries: the engine of this machine. */
export function readEngines(entries: readonly string[]): readonly EngineAddress[] {
  if (entries.length === 0) return [OWN_ENGINE];
  return entries.map((entry) => {
    const at = entry.indexOf("=");
    return { name: entry.slice(0, at), address: entry.slice(at + 1) };
  });
}
