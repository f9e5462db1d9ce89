import type { V1ContainerStateTerminated, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { CONTAINER } from "@/workers/codex-runner/containers/kubernetes/account-objects";

/** What one look at a pod tells of Codex in it. */
export type PodState =
  /** `instance`: which run of Codex in the pod, since the node starts it anew when it ends. */
  | { kind: "running"; instance: string; imageDigest: string | null }
  /** The node has not been heard of for a while; what runs there may run on. */
  | { kind: "silent" }
  | { kind: "ended"; end: PodEnd }
  | { kind: "waiting"; why: string | null; isHopeless: boolean };

export type PodEnd = { code: number; oom: boolean; words: string };

/** Reasons that do not pass by waiting, at least not within the bound of a start. */
const HOPELESS = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ImageInspectError",
  "ImagePullBackOff",
  "InvalidImageName",
  "RunContainerError",
]);
/** As `docker-pullable://registry/name@sha256:…`. */
const DIGEST = /sha256:[0-9a-f]{64}$/;
const ESCAPES = /\u001b\[[0-9;]*m/g;

export function podState(pod: V1Pod): PodState {
  const status = statusOf(pod);
  if (status === null) return { kind: "waiting", why: scheduling(pod), isHopeless: false };
  const { state, lastState } = status;
  if (state?.terminated) return { kind: "ended", end: endOf(state.terminated) };
  if (state?.running) {
    // Only the cluster says so of a container that was well when its node spoke last.
    if (status.ready && condition(pod, "Ready")?.status !== "True") return { kind: "silent" };
    return { kind: "running", instance: status.containerID ?? "", imageDigest: DIGEST.exec(status.imageID)?.[0] ?? null };
  }
  const reason = state?.waiting?.reason ?? null;
  if (reason === "CrashLoopBackOff" && lastState?.terminated) return { kind: "ended", end: endOf(lastState.terminated) };
  const why = [reason, state?.waiting?.message].filter((part) => part).join(": ");
  return { kind: "waiting", why: why === "" ? scheduling(pod) : why, isHopeless: HOPELESS.has(reason ?? "") };
}

/** How the last run ended; null: none has ended yet. */
export function lastEnd(pod: V1Pod): PodEnd | null {
  const status = statusOf(pod);
  const terminated = status?.state?.terminated ?? status?.lastState?.terminated;
  return terminated ? endOf(terminated) : null;
}

/** Told to end, by us or by the cluster. */
export function isLeaving(pod: V1Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** Its node has said that nothing of it runs any more. Such a pod is not started again, and its object follows in some seconds. */
export function isOver(pod: V1Pod): boolean {
  return isLeaving(pod) && podState(pod).kind === "ended";
}

function endOf({ exitCode, reason, message }: V1ContainerStateTerminated): PodEnd {
  return { code: exitCode, oom: reason === "OOMKilled", words: (message ?? "").replace(ESCAPES, "").trim() };
}

function statusOf(pod: V1Pod): V1ContainerStatus | null {
  return pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER) ?? null;
}

function scheduling(pod: V1Pod): string | null {
  const scheduled = condition(pod, "PodScheduled");
  return scheduled?.status === "False" ? (scheduled.message ?? scheduled.reason ?? null) : null;
}

function condition(pod: V1Pod, type: string) {
  return pod.status?.conditions?.find((found) => found.type === type);
}
