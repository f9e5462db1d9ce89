import { setTimeout as delay } from "node:timers/promises";
import type { V1StatefulSet } from "@kubernetes/client-node";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { FENCE } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";
import { unless } from "@/workers/codex-runner/containers/kubernetes/kubernetes-error";

type Change = {
  name: string;
  /** Null: whatever the lease, as for the end of an account. */
  fence: number | null;
  /** Changes what was read; done again after a conflict. */
  change: (found: V1StatefulSet) => void;
};

/** The cluster itself writes to a set whenever its pod changes. */
const CONFLICTS_MAX = 10;
const POLL_MS = 50;

/** Null: there is none. */
export function readSet({ apps, namespace }: Cluster, name: string): Promise<V1StatefulSet | null> {
  return unless([404], apps.readNamespacedStatefulSet({ namespace, name }));
}

/**
 * Reads and replaces a set in one step as far as the cluster is concerned: when it was changed in between, it is read again, and what
 * a newer lease has changed is not touched any more. Null: there is none.
 */
export async function changeSet(cluster: Cluster, { name, fence, change }: Change): Promise<V1StatefulSet | null> {
  const { apps, namespace } = cluster;
  for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts += 1) {
    const found = await readSet(cluster, name);
    if (found === null) return null;
    if (fence !== null) refuseOlder(found, fence);
    change(found);
    const changed = await unless([409], apps.replaceNamespacedStatefulSet({ namespace, name, body: found }));
    if (changed !== null) return changed;
  }
  throw new ContainerError("failed", `StatefulSet ${name} does not stand still.`);
}

/** Until the cluster's controller has read this change: before that it may still make a pod of what was asked for earlier. */
export async function untilObserved(cluster: Cluster, set: V1StatefulSet, withinMs: number): Promise<void> {
  const [name, generation] = [set.metadata?.name ?? "", set.metadata?.generation ?? 0];
  const deadline = AbortSignal.timeout(withinMs);
  for (let found: V1StatefulSet | null = set; found !== null; found = await readSet(cluster, name)) {
    if ((found.status?.observedGeneration ?? 0) >= generation) return;
    if (deadline.aborted) throw new ContainerError("unreachable", `The cluster's controllers do not look after StatefulSet ${name}.`);
    await delay(POLL_MS);
  }
}

export function fenceOf(set: V1StatefulSet): number {
  return Number(set.metadata?.annotations?.[FENCE] ?? 0);
}

export function putFence(set: V1StatefulSet, fence: number): void {
  const metadata = (set.metadata ??= {});
  metadata.annotations = { ...metadata.annotations, [FENCE]: String(fence) };
}

export function putReplicas(set: V1StatefulSet, replicas: 0 | 1): void {
  specOf(set).replicas = replicas;
}

/** To be started as `wanted` says. The template of its claims stays, since a set's cannot be changed. */
export function putTemplate(set: V1StatefulSet, wanted: V1StatefulSet): void {
  specOf(set).template = specOf(wanted).template;
  putReplicas(set, 1);
}

function specOf(set: V1StatefulSet) {
  if (!set.spec) throw new Error("a StatefulSet without a spec");
  return set.spec;
}

function refuseOlder(set: V1StatefulSet, fence: number): void {
  const current = fenceOf(set);
  if (current <= fence) return;
  throw new ContainerError("failed", `Another runner drives this container by now: its lease is ${current}, ours ${fence}.`);
}
