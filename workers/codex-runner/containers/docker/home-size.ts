import type { Engine } from "@/workers/codex-runner/containers/docker/engine";
import { measureFolder } from "@/workers/codex-runner/containers/shared/account-home";

type DiskUsage = { Volumes?: { Name: string; UsageData?: { Size: number } | null }[] | null };

/** An engine walks all of its volumes for one answer, so one answer serves all accounts for a while. */
const USAGE_AGE_MS_MAX = 60_000;

export class HomeSizes {
  readonly #usages = new Map<string, { atMs: number; usage: Promise<DiskUsage> }>();

  async measure(engine: Engine, volumeName: string): Promise<number> {
    if (engine.isLocal) {
      const { Mountpoint } = await engine.calls.getVolume(volumeName).inspect();
      return measureFolder(Mountpoint);
    }
    const usage = await this.#usageOf(engine);
    return usage.Volumes?.find((volume) => volume.Name === volumeName)?.UsageData?.Size ?? 0;
  }

  #usageOf(engine: Engine): Promise<DiskUsage> {
    const kept = this.#usages.get(engine.name);
    if (kept && Date.now() - kept.atMs < USAGE_AGE_MS_MAX) return kept.usage;
    const usage = engine.calls.df() as Promise<DiskUsage>;
    this.#usages.set(engine.name, { atMs: Date.now(), usage });
    usage.catch(() => this.#usages.delete(engine.name));
    return usage;
  }
}
