import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { AccountChanges } from "@/workers/codex-runner/containers/kubernetes/account-changes";
import { podState } from "@/workers/codex-runner/containers/kubernetes/pod-state";

const DIGEST = `sha256:${"a".repeat(64)}`;
const RUNNING = { state: { running: {} }, ready: true, containerID: "containerd://1" };
const KILLED = { exitCode: 137, reason: "OOMKilled", message: "\u001b[31mERROR\u001b[0m memory\n" };

function pod(status: Partial<V1ContainerStatus>, options: { ready?: boolean; uid?: string } = {}): V1Pod {
  const container = { name: "codex", image: "codex", imageID: `registry.test/codex@${DIGEST}`, restartCount: 0, ready: false, ...status };
  return {
    metadata: { name: "codex-x-1-0", uid: options.uid ?? "u1", labels: { "switchyard.account": "acct_1" } },
    status: {
      conditions: [{ type: "Ready", status: (options.ready ?? container.ready) ? "True" : "False" }],
      containerStatuses: [container],
    },
  };
}

test("a running container is told with its run and the digest of its image", () => {
  expect(podState(pod(RUNNING))).toEqual({ kind: "running", instance: "containerd://1", imageDigest: DIGEST });
  expect(podState(pod({ ...RUNNING, imageID: "codex:latest" }))).toMatchObject({ imageDigest: null });
});

test("a container that was well and is called not ready is on a node that does not answer", () => {
  expect(podState(pod(RUNNING, { ready: false }))).toEqual({ kind: "silent" });
});

test("an end is told with its last words, also while the node waits before the next try", () => {
  const end = { code: 137, oom: true, words: "ERROR memory" };
  expect(podState(pod({ state: { terminated: KILLED } }))).toEqual({ kind: "ended", end });
  const waiting = { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: KILLED } };
  expect(podState(pod(waiting))).toEqual({ kind: "ended", end });
});

test("a pod that waits says for what, and whether waiting helps", () => {
  expect(podState(pod({ state: { waiting: { reason: "ContainerCreating" } } }))).toEqual({
    kind: "waiting",
    why: "ContainerCreating",
    isHopeless: false,
  });
  expect(podState(pod({ state: { waiting: { reason: "InvalidImageName", message: "bad" } } }))).toEqual({
    kind: "waiting",
    why: "InvalidImageName: bad",
    isHopeless: true,
  });
  const unscheduled = { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes are available" }] };
  expect(podState({ status: unscheduled })).toEqual({ kind: "waiting", why: "0/3 nodes are available", isHopeless: false });
});

test("every start and every end is told once, however often a pod is looked at", () => {
  const changes = new AccountChanges();
  const look = (...pods: V1Pod[]) => changes.look(new Map(pods.map((one) => [one.metadata?.name ?? "", one])));
  const running = { accountId: "acct_1", state: "running", code: null, oom: false };
  expect(look(pod(RUNNING))).toEqual([running]);
  expect(look(pod(RUNNING))).toEqual([]);
  const again = pod({ ...RUNNING, containerID: "containerd://2", lastState: { terminated: KILLED } });
  expect(look(again)).toEqual([{ accountId: "acct_1", state: "exited", code: 137, oom: true }, running]);
  expect(look(again)).toEqual([]);
  const silent = structuredClone(again);
  if (silent.status) silent.status.conditions = [{ type: "Ready", status: "False" }];
  expect(look(silent)).toEqual([{ accountId: "acct_1", state: "lost", code: null, oom: false }]);
  expect(look(again)).toEqual([running]);
  expect(look(pod(RUNNING, { uid: "u2" }))).toEqual([{ accountId: "acct_1", state: "lost", code: null, oom: false }, running]);
  expect(look()).toEqual([{ accountId: "acct_1", state: "lost", code: null, oom: false }]);
});
