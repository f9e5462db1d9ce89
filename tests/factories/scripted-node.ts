import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { V1ContainerStatus, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { type WebSocket, WebSocketServer } from "ws";
import type { TestCluster } from "@/tests/factories/kubernetes";

/**
 * Plays what a bare API lacks: the controller that makes a set's claim and pod, and the node that runs the pod, ends it, and runs
 * programs in it. Instead of Codex there is what its bridge would be: it agrees to speak WebSocket, and then says back what it hears.
 */
export type ScriptedNode = {
  /** What becomes of pods that start from now on. */
  outcome: Outcome;
  /** A node without power: it starts and ends nothing, and answers nobody. */
  isSilent: boolean;
  /** Grace in seconds with which pods were told to end, in order. */
  graces: readonly number[];
  /** Codex in this pod ends, and is started anew in place. */
  crash(pod: string, end: { exitCode: number; reason?: string }): Promise<void>;
  close(): Promise<void>;
};

export type Outcome =
  | { kind: "running" }
  | { kind: "ended"; exitCode: number; message: string; reason?: string }
  | { kind: "waiting"; reason: string; message: string };

const NAME = "node-1";
const POLL_MS = 25;
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3 } as const;
const IMAGE_ID = `docker-pullable://registry.test/codex@sha256:${"a".repeat(64)}`;
const HOME_BYTES = 123_456;

export async function startScriptedNode(cluster: TestCluster): Promise<ScriptedNode> {
  const { apps, core, namespace } = cluster;
  const graces: number[] = [];
  const ending = new Set<string>();
  let runs = 0;
  const closing = new AbortController();
  const kubelet = await serveExec(cluster, (socket, command) => {
    if (command.includes("proxy")) playBridge(socket);
    else if (command.includes("--stats")) playProgram(socket, { stdout: `\n12 matches\n${HOME_BYTES} bytes searched\n`, isWell: true });
    else playProgram(socket, { stderr: "no such program", isWell: false });
  });
  await core.createNode({ body: { metadata: { name: NAME } } });
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  };
  const made = await core.readNode({ name: NAME });
  made.status = status;
  await core.replaceNodeStatus({ name: NAME, body: made });

  const node: ScriptedNode = {
    outcome: { kind: "running" },
    isSilent: false,
    graces,
    crash: async (name, { exitCode, reason }) => {
      runs += 1;
      const now = new Date();
      const again = running(runs);
      again.restartCount = 1;
      again.lastState = { terminated: { exitCode, reason: reason ?? "Error", startedAt: now, finishedAt: now } };
      await putStatus(name, again);
    },
    close: async () => {
      closing.abort();
      await loop;
      await kubelet.close();
    },
  };

  const loop = (async () => {
    while (!closing.signal.aborted) {
      // What fails here fails because something was changed in between, and is looked at again.
      if (!node.isSilent) await look().catch(() => undefined);
      await delay(POLL_MS);
    }
  })();

  async function look(): Promise<void> {
    const [sets, pods, claims] = await Promise.all([
      apps.listNamespacedStatefulSet({ namespace }),
      core.listNamespacedPod({ namespace }),
      core.listNamespacedPersistentVolumeClaim({ namespace }),
    ]);
    for (const claim of claims.items) {
      if (claim.metadata?.deletionTimestamp === undefined) continue;
      delete claim.metadata.finalizers;
      await core.replaceNamespacedPersistentVolumeClaim({ namespace, name: claim.metadata.name ?? "", body: claim });
    }
    for (const set of sets.items) {
      await observe(set);
      const pod = pods.items.find(({ metadata }) => metadata?.name === `${set.metadata?.name}-0`);
      if (pod?.metadata?.deletionTimestamp !== undefined) await endPod(pod);
      else if (set.spec?.replicas === 1 && !pod) await makePod(set);
      else if (set.spec?.replicas === 0 && pod) await core.deleteNamespacedPod({ namespace, name: pod.metadata?.name ?? "" });
    }
  }

  async function observe(set: V1StatefulSet): Promise<void> {
    const { name = "", generation } = set.metadata ?? {};
    if (set.status?.observedGeneration === generation) return;
    set.status = { replicas: set.spec?.replicas ?? 0, observedGeneration: generation };
    await apps.replaceNamespacedStatefulSetStatus({ namespace, name, body: set });
  }

  async function endPod({ metadata }: V1Pod): Promise<void> {
    const [name, uid] = [metadata?.name ?? "", metadata?.uid ?? ""];
    if (!ending.has(uid)) graces.push(metadata?.deletionGracePeriodSeconds ?? 0);
    ending.add(uid);
    await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
  }

  async function makePod(set: V1StatefulSet): Promise<void> {
    const name = `${set.metadata?.name}-0`;
    const template = set.spec?.volumeClaimTemplates?.[0];
    const claimName = `${template?.metadata?.name}-${name}`;
    const body = { metadata: { name: claimName, labels: template?.metadata?.labels }, spec: template?.spec };
    await core.createNamespacedPersistentVolumeClaim({ namespace, body }).catch(() => undefined);
    const podSpec = set.spec?.template.spec;
    if (!podSpec) return;
    podSpec.nodeName = NAME;
    podSpec.volumes?.push({ name: "home", persistentVolumeClaim: { claimName } });
    await core.createNamespacedPod({ namespace, body: { metadata: { name, labels: set.spec?.template.metadata?.labels }, spec: podSpec } });
    runs += 1;
    await putStatus(name, statusOf(node.outcome, runs));
  }

  async function putStatus(name: string, container: V1ContainerStatus): Promise<void> {
    const pod = await core.readNamespacedPod({ namespace, name });
    pod.status = {
      phase: "Running",
      conditions: [{ type: "Ready", status: container.ready ? "True" : "False" }],
      containerStatuses: [container],
    };
    await core.replaceNamespacedPodStatus({ namespace, name, body: pod });
  }

  return node;
}

function running(run: number): V1ContainerStatus {
  const base = { name: "codex", image: "codex", imageID: IMAGE_ID, restartCount: 0 };
  return { ...base, containerID: `docker://${run}`, ready: true, state: { running: { startedAt: new Date() } } };
}

function statusOf(outcome: Outcome, run: number): V1ContainerStatus {
  const status = running(run);
  const now = new Date();
  status.ready = outcome.kind === "running";
  if (outcome.kind === "ended") {
    const { exitCode, message, reason = "Error" } = outcome;
    status.state = { terminated: { exitCode, message, reason, startedAt: now, finishedAt: now } };
  }
  if (outcome.kind === "waiting") status.state = { waiting: { reason: outcome.reason, message: outcome.message } };
  return status;
}

async function serveExec(cluster: TestCluster, onExec: (socket: WebSocket, command: string[]) => void) {
  const server = createServer(cluster.tls);
  const sockets = new WebSocketServer({
    server,
    handleProtocols: (offered) => [...offered].find((protocol) => protocol === "v4.channel.k8s.io") ?? false,
  });
  sockets.on("connection", (socket, request) => {
    onExec(socket, new URL(request.url ?? "", "https://node").searchParams.getAll("command"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

function playBridge(socket: WebSocket): void {
  let isOpen = false;
  socket.on("message", (data: Buffer) => {
    if (data[0] !== CHANNEL.stdin) return;
    const heard = data.subarray(1);
    const answer = isOpen ? heard : Buffer.from("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    isOpen = true;
    socket.send(Buffer.concat([Buffer.of(CHANNEL.stdout), answer]));
  });
}

function playProgram(socket: WebSocket, said: { stdout?: string; stderr?: string; isWell: boolean }): void {
  const send = (channel: number, text: string) => socket.send(Buffer.concat([Buffer.of(channel), Buffer.from(text)]));
  if (said.stdout !== undefined) send(CHANNEL.stdout, said.stdout);
  if (said.stderr !== undefined) send(CHANNEL.stderr, said.stderr);
  const outcome = said.isWell ? { status: "Success" } : { status: "Failure", message: "command terminated with exit code 1" };
  send(CHANNEL.status, JSON.stringify(outcome));
  socket.close();
}
