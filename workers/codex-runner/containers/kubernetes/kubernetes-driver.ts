import type { Duplex } from "node:stream";
import type { V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Logger } from "pino";
import {
  type AccountContainer,
  type ContainerDriver,
  ContainerError,
  type ContainerRef,
  type ContainerStatus,
  type Probe,
} from "@/workers/codex-runner/containers/container-driver";
import { removeAccount, writeNetworkPolicy } from "@/workers/codex-runner/containers/kubernetes/account-calls";
import {
  type AccountObjects,
  accountObjects,
  LABELS,
  objectName,
  podName,
  SETUP,
} from "@/workers/codex-runner/containers/kubernetes/account-objects";
import {
  changeSet,
  fenceOf,
  readSet,
  putFence,
  putReplicas,
  putTemplate,
  untilObserved,
} from "@/workers/codex-runner/containers/kubernetes/change-set";
import { type Cluster, type ClusterAddress, openCluster } from "@/workers/codex-runner/containers/kubernetes/cluster";
import { execInPod } from "@/workers/codex-runner/containers/kubernetes/exec-in-pod";
import { followPods } from "@/workers/codex-runner/containers/kubernetes/follow-pods";
import { asContainerError, unless } from "@/workers/codex-runner/containers/kubernetes/kubernetes-error";
import { measureHome } from "@/workers/codex-runner/containers/kubernetes/measure-home";
import {
  type AccountPod,
  CONNECT_COMMAND,
  readPod,
  type RunningPod,
  untilGone,
  untilUp,
} from "@/workers/codex-runner/containers/kubernetes/pod-lifecycle";
import { isLeaving, isOver, podState } from "@/workers/codex-runner/containers/kubernetes/pod-state";
import { probeCluster } from "@/workers/codex-runner/containers/kubernetes/probe-cluster";
import { AccountChanges } from "@/workers/codex-runner/containers/kubernetes/account-changes";

/**
 * One StatefulSet of one pod per account in one namespace of a cluster; stopped, it has no pod and keeps the claim of its home.
 *
 * Every change of a set carries the lease under which it is made, and the cluster refuses what was read before somebody else's change:
 * of two runners that believe to drive an account, the one with the older lease changes nothing. The credentials of the way out are
 * fixed when a pod is made, so a new lease means a new pod, made only when the cluster has no other any more.
 */
export type KubernetesDriverOptions = {
  /** Keeps containers of several installations in one namespace apart. */
  installation: string;
  cluster: ClusterAddress;
  /** By version of the Codex CLI: `registry/name@sha256:…`. */
  images: ReadonlyMap<string, string>;
  /** Null: the cluster's default. */
  storageClass: string | null;
  egress: KubernetesEgress;
  /** What the operator has seen of the cluster's network plugin. */
  isPolicyEnforced: boolean;
  log: Logger;
  /** How long a node may take, beyond the drain, to say that a pod is gone. */
  goneMs?: number;
};

export type KubernetesEgress = {
  /** Where the pods reach the egress proxy; null: the settings do not say. */
  ip: string | null;
  port: number;
  /** The address with the account's credentials. */
  proxyUrl(identity: { accountId: string; fence: number; host: string }): string;
};

type Opened = { cluster: Cluster; host: string };

/** As soon as a pod can be ended and it still be known that it has ended. */
const AT_ONCE_MS = 1_000;
/** The cluster's own grace, where it was quicker than ours, the kubelet's SIGKILL, and the way of its news. */
const GONE_MS = 45_000;

export function createKubernetesDriver(options: KubernetesDriverOptions): ContainerDriver {
  return new KubernetesDriver(options);
}

class KubernetesDriver implements ContainerDriver {
  readonly kind = "kubernetes";
  readonly #options: KubernetesDriverOptions;
  readonly #goneMs: number;
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #ended = new AbortController();
  #opened: Promise<Opened> | null = null;

  constructor(options: KubernetesDriverOptions) {
    this.#options = options;
    this.#goneMs = options.goneMs ?? GONE_MS;
  }

  async probe(): Promise<Probe> {
    const { egress, images, isPolicyEnforced } = this.#options;
    if (egress.ip === null || egress.port === 0) return { ok: false, why: "KUBERNETES_EGRESS_IP and EGRESS_PORT are not both set" };
    if (images.size === 0) return { ok: false, why: "KUBERNETES_IMAGES is not set" };
    try {
      return await this.#on(({ cluster }) => probeCluster(cluster, { isPolicyEnforced }));
    } catch (error) {
      return { ok: false, why: (error as Error).message };
    }
  }

  ensure(container: AccountContainer): Promise<ContainerRef> {
    return this.#inLine(container.accountId, ({ cluster, host }) => this.#ensure(cluster, host, container));
  }

  async #ensure(cluster: Cluster, host: string, container: AccountContainer): Promise<ContainerRef> {
    const { accountId, fence } = container;
    requireHost(container.host, host);
    const pod = this.#podOf(accountId);
    const objects = this.#objectsOf(container);
    const resumed = await isRunningUnder(cluster, pod.name, fence);
    if (!resumed) await this.#start(cluster, { pod, fence, objects });
    try {
      return this.#refOf(host, accountId, { running: await untilUp(cluster, pod), resumed });
    } catch (error) {
      // What does not come up is stopped, so that the next start is a new one.
      await this.#end(cluster, pod, fence).catch(() => undefined);
      throw error;
    }
  }

  async #start(cluster: Cluster, start: { pod: AccountPod; fence: number; objects: AccountObjects }): Promise<void> {
    const { apps, core, namespace } = cluster;
    const { pod, fence, objects } = start;
    await writeNetworkPolicy(cluster, objects.networkPolicy);
    // 409: it is there, with the same content, after which it is named.
    await unless([409], core.createNamespacedSecret({ namespace, body: objects.secret }));
    // 409: there is one, stopped or under a former lease.
    if ((await unless([409], apps.createNamespacedStatefulSet({ namespace, body: objects.statefulSet }))) !== null) return;
    await this.#end(cluster, pod, fence);
    let formerSecret: string | undefined;
    const changed = await changeSet(cluster, {
      name: pod.name,
      fence,
      change: (found) => {
        formerSecret = secretOf(found);
        putTemplate(found, objects.statefulSet);
      },
    });
    if (changed === null) throw new ContainerError("failed", `StatefulSet ${pod.name} was removed at its start.`);
    if (formerSecret === undefined || formerSecret === secretOf(changed)) return;
    await unless([404], core.deleteNamespacedSecret({ namespace, name: formerSecret }));
  }

  /** Writes our lease on the set, so that nobody with an older one starts it again, and ends its pod at once. */
  async #end(cluster: Cluster, pod: AccountPod, fence: number): Promise<void> {
    const change = (found: V1StatefulSet) => {
      putFence(found, fence);
      putReplicas(found, 0);
    };
    await this.#scaleDown(cluster, pod, { fence, change, drainMs: AT_ONCE_MS });
  }

  async #scaleDown(
    cluster: Cluster,
    pod: AccountPod,
    down: { fence: number | null; change: (found: V1StatefulSet) => void; drainMs: number },
  ): Promise<void> {
    const { fence, change, drainMs } = down;
    const changed = await changeSet(cluster, { name: pod.name, fence, change });
    const isGone = untilGone(cluster, pod, { drainMs, goneMs: this.#goneMs });
    await Promise.all([isGone, changed === null ? null : untilObserved(cluster, changed, this.#goneMs)]);
    // Of what was asked for before the controller has read that there shall be none.
    await untilGone(cluster, pod, { drainMs, goneMs: this.#goneMs });
  }

  connect(ref: ContainerRef, signal?: AbortSignal): Promise<Duplex> {
    return this.#at(ref, (cluster) => execInPod(cluster, { pod: podName(ref.name), command: CONNECT_COMMAND, signal }));
  }

  stop(ref: ContainerRef, drainMs: number): Promise<void> {
    return this.#inLine(ref.accountId, (opened) => this.#stop(opened, ref, drainMs));
  }

  destroy(ref: ContainerRef, { deleteHome }: { deleteHome: boolean }): Promise<void> {
    return this.#inLine(ref.accountId, async (opened) => {
      await this.#stop(opened, ref, AT_ONCE_MS);
      await removeAccount(opened.cluster, { ...this.#podOf(ref.accountId), deleteHome });
    });
  }

  async #stop({ cluster, host }: Opened, ref: ContainerRef, drainMs: number): Promise<void> {
    requireHost(ref.host, host);
    const pod = this.#podOf(ref.accountId);
    await this.#scaleDown(cluster, pod, { fence: null, change: (found) => putReplicas(found, 0), drainMs });
  }

  list(): Promise<ContainerStatus[]> {
    return this.#on(async ({ cluster, host }) => {
      const { apps, core, namespace } = cluster;
      const query = { namespace, labelSelector: this.#selector() };
      const [sets, pods] = await Promise.all([apps.listNamespacedStatefulSet(query), core.listNamespacedPod(query)]);
      const podsByName = new Map(pods.items.map((pod) => [pod.metadata?.name, pod]));
      return sets.items.map((set) => this.#statusOf(host, { set, pod: podsByName.get(podName(set.metadata?.name ?? "")) }));
    });
  }

  watch(onChange: Parameters<ContainerDriver["watch"]>[0]): () => void {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#ended.signal]);
    const { log } = this.#options;
    this.#follow(onChange, signal).catch((error: unknown) => log.error({ err: error }, "the pods are not watched any more"));
    return () => ended.abort();
  }

  async #follow(onChange: Parameters<ContainerDriver["watch"]>[0], signal: AbortSignal): Promise<void> {
    const { cluster } = await this.#open();
    const changes = new AccountChanges();
    const onTrouble = this.#logTrouble();
    for await (const pods of followPods({ cluster, selector: this.#selector(), signal, onTrouble })) {
      for (const change of changes.look(pods)) onChange(change);
    }
  }

  measureHome(ref: ContainerRef): Promise<number> {
    return this.#at(ref, (cluster) => measureHome(cluster, podName(ref.name)));
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled(this.#lines.values());
  }

  /** What is done to one account is done one after the other. */
  async #inLine<T>(accountId: string, act: (opened: Opened) => Promise<T>): Promise<T> {
    const before = this.#lines.get(accountId) ?? Promise.resolve();
    const turn = () => this.#on(act);
    const own = before.then(turn, turn);
    this.#lines.set(accountId, own);
    try {
      return await own;
    } finally {
      if (this.#lines.get(accountId) === own) this.#lines.delete(accountId);
    }
  }

  #at<T>(ref: ContainerRef, act: (cluster: Cluster) => Promise<T>): Promise<T> {
    return this.#on(({ cluster, host }) => {
      requireHost(ref.host, host);
      return act(cluster);
    });
  }

  async #on<T>(act: (opened: Opened) => Promise<T>): Promise<T> {
    let server = "the address of its kubeconfig";
    try {
      const opened = await this.#open();
      server = opened.cluster.server;
      return await act(opened);
    } catch (error) {
      throw asContainerError(server, error);
    }
  }

  #open(): Promise<Opened> {
    this.#opened ??= openNamespace(this.#options.cluster).catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  #selector(): string {
    return `${LABELS.installation}=${this.#options.installation}`;
  }

  #podOf(accountId: string): AccountPod {
    return { name: objectName(this.#options.installation, accountId), selector: `${this.#selector()},${LABELS.account}=${accountId}` };
  }

  #objectsOf(container: AccountContainer): AccountObjects {
    const { cluster, egress, images, installation, storageClass } = this.#options;
    const { accountId, codexVersion, fence } = container;
    const image = images.get(codexVersion);
    if (image === undefined) throw new ContainerError("driver_missing", `KUBERNETES_IMAGES names no image of Codex ${codexVersion}.`);
    if (egress.ip === null)
      throw new ContainerError("driver_missing", "KUBERNETES_EGRESS_IP is not set: containers would have no way out.");
    return accountObjects(container, {
      name: objectName(installation, accountId),
      namespace: cluster.namespace,
      installation,
      image,
      storageClass,
      egress: { ip: egress.ip, port: egress.port, proxyUrl: egress.proxyUrl({ accountId, fence, host: egress.ip }) },
    });
  }

  #refOf(host: string, accountId: string, { running, resumed }: { running: RunningPod | null; resumed: boolean }): ContainerRef {
    return {
      accountId,
      driver: this.kind,
      host,
      name: objectName(this.#options.installation, accountId),
      instance: running?.instance ?? "",
      imageDigest: running?.imageDigest ?? null,
      // A cluster does not show what is in an image. Its digest is the proof of all of it.
      binaryDigest: "",
      resumed,
    };
  }

  #statusOf(host: string, { set, pod }: { set: V1StatefulSet; pod: V1Pod | undefined }): ContainerStatus {
    const accountId = set.metadata?.labels?.[LABELS.account] ?? "";
    const state = pod && podState(pod);
    const ref = this.#refOf(host, accountId, { running: state?.kind === "running" ? state : null, resumed: true });
    // Also a pod that has ended or does not answer may run again by itself.
    const isRunning = set.spec?.replicas === 1 || (pod !== undefined && !isOver(pod));
    return { accountId, state: isRunning ? "running" : "stopped", ref };
  }

  #logTrouble(): (trouble: Error | null) => void {
    let wasThere = true;
    return (trouble) => {
      const isThere = trouble === null;
      if (isThere === wasThere) return;
      wasThere = isThere;
      this.#options.log.warn(`The Kubernetes API ${isThere ? "answers again" : `does not answer; its pods live on: ${trouble.message}`}`);
    };
  }
}

/** `host` names the place of the homes: a namespace that was made anew, or another cluster's, is another place. */
async function openNamespace(address: ClusterAddress): Promise<Opened> {
  const cluster = await openCluster(address);
  const found = await unless([404], cluster.core.readNamespace({ name: address.namespace }));
  if (found === null) throw new ContainerError("driver_missing", `The cluster has no namespace ${address.namespace}.`);
  return { cluster, host: `${address.namespace}-${found.metadata?.uid?.slice(0, 8)}` };
}

function requireHost(wanted: string | null, host: string): void {
  if (wanted === null || wanted === host) return;
  throw new ContainerError("unreachable", `The home of this account is in ${wanted}, and the settings lead to ${host}.`);
}

/** What runs under this very lease is kept as it is, whatever the settings say by now: turns are in it. */
async function isRunningUnder(cluster: Cluster, name: string, fence: number): Promise<boolean> {
  const set = await readSet(cluster, name);
  if (set === null || fenceOf(set) !== fence || set.spec?.replicas !== 1) return false;
  const pod = await readPod(cluster, name);
  return pod !== null && !isLeaving(pod) && podState(pod).kind === "running";
}

function secretOf(set: V1StatefulSet): string | undefined {
  return set.spec?.template.spec?.volumes?.find(({ name }) => name === SETUP)?.secret?.secretName;
}
