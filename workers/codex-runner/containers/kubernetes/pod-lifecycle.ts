import type { V1Pod } from "@kubernetes/client-node";
import { setTimeout as delay } from "node:timers/promises";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { CODEX_BINARY, LISTEN_PATH } from "@/workers/codex-runner/containers/docker/container-spec";
import { answersWebSocket } from "@/workers/codex-runner/containers/docker/open-connection";
import { podName } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import type { Cluster } from "@/workers/codex-runner/containers/kubernetes/cluster";
import { execInPod } from "@/workers/codex-runner/containers/kubernetes/exec-in-pod";
import { statusOf, unless } from "@/workers/codex-runner/containers/kubernetes/kubernetes-error";
import { isLeaving, isOver, lastEnd, type PodEnd, type PodState, podState } from "@/workers/codex-runner/containers/kubernetes/pod-state";
import { waitForPods } from "@/workers/codex-runner/containers/kubernetes/wait-for-pods";

export type AccountPod = { name: string; selector: string };
export type RunningPod = Extract<PodState, { kind: "running" }>;

/** Codex's own bridge to its socket. */
export const CONNECT_COMMAND = [CODEX_BINARY, "app-server", "proxy", "--sock", LISTEN_PATH] as const;

/** A node that has never had the image fetches some 120 MB first. */
const START_MS_MAX = 120_000;
const ANSWER_MS_MAX = 30_000;
const POLL_MS = 100;

/** Returns when app-server answers. */
export async function untilUp(cluster: Cluster, pod: AccountPod): Promise<RunningPod> {
  let why: string | null = null;
  const running = await waitForPods(cluster, {
    selector: pod.selector,
    withinMs: START_MS_MAX,
    judge: (pods) => {
      const found = pods.get(podName(pod.name));
      const state = found && !isLeaving(found) ? podState(found) : null;
      if (state?.kind === "running") return state;
      if (state?.kind === "ended") throw endedAtStart(state.end);
      if (state?.kind === "waiting") why = state.why;
      if (state?.kind === "waiting" && state.isHopeless) throw new ContainerError("failed", `Its pod does not start: ${why}`);
      return undefined;
    },
  });
  if (running === null) {
    throw new ContainerError("failed", `Its pod did not start within ${START_MS_MAX / 1000} s${why === null ? "" : `: ${String(why)}`}.`);
  }
  await untilItAnswers(cluster, pod, running);
  return running;
}

async function untilItAnswers(cluster: Cluster, pod: AccountPod, running: RunningPod): Promise<void> {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  let trouble = "";
  while (!signal.aborted) {
    const stream = await execInPod(cluster, { pod: podName(pod.name), command: CONNECT_COMMAND, signal }).catch((error: Error) => {
      trouble = error.message;
      return null;
    });
    if (stream && (await answersWebSocket(stream))) return;
    const found = await readPod(cluster, pod.name);
    const state = found && podState(found);
    if (found === null || state?.kind !== "running" || state.instance !== running.instance) throw endedAtStart(found && lastEnd(found));
    await delay(POLL_MS);
  }
  throw new ContainerError("failed", `Codex did not answer within ${ANSWER_MS_MAX / 1000} s of its start. ${trouble}`.trim());
}

/**
 * Returns when the node has said that the process is gone. The set must have been scaled down before, or it makes another pod; asked
 * for one again, it waits by itself until the former pod's object is gone too.
 */
export async function untilGone(
  cluster: Cluster,
  pod: AccountPod,
  { drainMs, goneMs }: { drainMs: number; goneMs: number },
): Promise<void> {
  await deletePod(cluster, pod.name, drainMs);
  const isGone = await waitForPods(cluster, {
    selector: pod.selector,
    withinMs: drainMs + goneMs,
    judge: (pods) => ([...pods.values()].every(isOver) ? true : undefined),
  });
  if (isGone === null) {
    throw new ContainerError(
      "unreachable",
      `The node of pod ${podName(pod.name)} does not say that it is gone; until then no other may start.`,
    );
  }
}

export function readPod({ core, namespace }: Cluster, name: string): Promise<V1Pod | null> {
  return unless([404], core.readNamespacedPod({ namespace, name: podName(name) }));
}

/** Never with a grace of zero: that removes the pod from the API's books without asking the node whether it still runs. */
async function deletePod({ core, namespace }: Cluster, name: string, drainMs: number): Promise<void> {
  const gracePeriodSeconds = Math.max(1, Math.ceil(drainMs / 1000));
  try {
    await core.deleteNamespacedPod({ namespace, name: podName(name), gracePeriodSeconds });
  } catch (error) {
    // 409: it was made anew in this moment; the set ends that one.
    if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
  }
}

function endedAtStart(end: PodEnd | null): ContainerError {
  const why = end === null ? "its pod is gone" : end.oom ? "out of memory" : `exit code ${end.code}`;
  return new ContainerError("failed", `Codex ended at its start (${why}). ${end?.words ?? ""}`.trim());
}
