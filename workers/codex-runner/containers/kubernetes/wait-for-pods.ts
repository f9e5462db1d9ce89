import { followPods, type Pods } from "@/workers/codex-runner/containers/kubernetes/follow-pods";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";

type Wait<T> = {
  selector: string;
  withinMs: number;
  /** Undefined: wait on. What it throws is thrown. */
  judge: (pods: Pods) => T | undefined;
};

/** Null: it did not come to that in time. Throws what the API's last trouble was, when it did not answer to the end. */
export async function waitForPods<T>(cluster: Cluster, { selector, withinMs, judge }: Wait<T>): Promise<T | null> {
  let trouble: Error | null = null;
  const signal = AbortSignal.timeout(withinMs);
  for await (const pods of followPods({ cluster, selector, signal, onTrouble: (now) => (trouble = now) })) {
    const found = judge(pods);
    if (found !== undefined) return found;
  }
  if (trouble !== null) throw trouble as Error;
  return null;
}
