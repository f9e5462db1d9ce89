import { createHash } from "node:crypto";
import { isIPv6 } from "node:net";
import type {
  V1Container,
  V1EnvVar,
  V1NetworkPolicy,
  V1PodSpec,
  V1Secret,
  V1StatefulSet,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import type { AccountContainer } from "@/workers/codex-runner/containers/container-driver";
import {
  CODEX_BINARY,
  CODEX_HOME,
  CONTAINER_UID,
  EXTRA_CA_NAME,
  LISTEN_PATH,
  SYSTEM_CA_FILE,
} from "@/workers/codex-runner/containers/docker/container-spec";
import { certificateBundle } from "@/workers/codex-runner/containers/shared/certificates";

/**
 * What one account has in the cluster: a StatefulSet of one pod, which is the only kind that the cluster never runs twice; the claim
 * of its home, which the StatefulSet makes and nobody but `destroy` removes; a NetworkPolicy; and a Secret with the setup.
 *
 * The setup lies in a Secret because the way out in it carries credentials. Its files are mounted over the home one by one, readable
 * for Codex alone (0440, root and its group) and not even writable for it: the image holds no program that could copy them there.
 * A Secret is named after its content and immutable, so a runner that has lost its lease cannot change what another one starts.
 */
export type AccountObjects = { secret: V1Secret; networkPolicy: V1NetworkPolicy; statefulSet: V1StatefulSet };

export type AccountPlace = {
  name: string;
  namespace: string;
  installation: string;
  image: string;
  storageClass: string | null;
  egress: { ip: string; port: number; proxyUrl: string };
};

type Meta = { name: string; namespace: string; labels: Record<string, string> };

export const LABELS = { installation: "switchyard.installation", account: "switchyard.account" } as const;
/** Annotation of a set: under which lease it was changed last. A runner with an older one is refused. */
export const FENCE = "switchyard.fence";
export const CONTAINER = "codex";
/** The label by which a policy knows the egress proxy's pods where the proxy runs in the cluster. */
const EGRESS_LABELS = { "app.kubernetes.io/name": "switchyard-egress" };

/** Of the pod's volumes. */
export const SETUP = "setup";
const PROXY_KEY = "HTTPS_PROXY";
/** Codex's databases, its growing log among them. With the pod they start anew: threads are ephemeral, and the sign-in is no database. */
const STATE_FOLDER = "/codex-state";
const SETUP_MODE = 0o440;
const TMP_MIB = 64;
/** An idle Codex; the limit is the settings' one. */
const IDLE_MEMORY_MIB = 64;
const IDLE_CPU = "10m";
/** Longest time that a pod may drain. `stop` asks for less. */
const DRAIN_S_MAX = 30;
/** The name of a pod's revision, made of the set's name and ten characters more, must fit in a label. */
const ACCOUNT_ID = /^acct_([0-9a-z]{1,36})$/;

/** The same on every call, so that a namespace admits one. */
export function objectName(installation: string, accountId: string): string {
  const [, id] = ACCOUNT_ID.exec(accountId) ?? [];
  if (id === undefined) throw new Error(`${accountId} is no id of an account`);
  return `codex-${digest(installation).slice(0, 8)}-${id}`;
}

export function podName(name: string): string {
  return `${name}-0`;
}

/** Kubernetes names a claim after its template, the set and the pod's number. */
export function claimName(name: string): string {
  return `home-${name}-0`;
}

export function accountObjects(container: AccountContainer, place: AccountPlace): AccountObjects {
  const files = setupFiles(container);
  const setup = { ...files, [PROXY_KEY]: place.egress.proxyUrl };
  const secretName = `${place.name}-${digest(JSON.stringify(setup)).slice(0, 10)}`;
  const meta = metaOf(container.accountId, place);
  const podSpec = podSpecOf(container, { image: place.image, secretName, fileNames: Object.keys(files) });
  return {
    secret: {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...meta, name: secretName },
      type: "Opaque",
      immutable: true,
      stringData: setup,
    },
    networkPolicy: networkPolicyOf(meta, place),
    statefulSet: {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { ...meta, annotations: { [FENCE]: String(container.fence) } },
      spec: {
        replicas: 1,
        // No service of that name exists: nothing listens in these pods.
        serviceName: place.name,
        selector: { matchLabels: { ...meta.labels } },
        // Turns are in a running pod; only we replace it.
        updateStrategy: { type: "OnDelete" },
        template: { metadata: { labels: { ...meta.labels } }, spec: podSpec },
        volumeClaimTemplates: [
          {
            metadata: { name: "home", labels: { ...meta.labels } },
            spec: {
              accessModes: ["ReadWriteOnce"],
              ...(place.storageClass === null ? {} : { storageClassName: place.storageClass }),
              resources: { requests: { storage: `${container.limits.homeMiB}Mi` } },
            },
          },
        ],
      },
    },
  };
}

function metaOf(accountId: string, { name, namespace, installation }: AccountPlace): Meta {
  return { name, namespace, labels: { [LABELS.installation]: installation, [LABELS.account]: accountId } };
}

function setupFiles({ files, caPem }: AccountContainer): Record<string, string> {
  const own = Object.fromEntries(files.map(({ name, content }) => [name, content]));
  return caPem === null ? own : { ...own, [EXTRA_CA_NAME]: certificateBundle(caPem) };
}

/** Nothing in, and out to the egress proxy alone, not even to a name server: Codex leaves the resolving to the proxy. */
function networkPolicyOf(meta: Meta, { egress }: AccountPlace): V1NetworkPolicy {
  const ports = [{ protocol: "TCP", port: egress.port }];
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: meta,
    spec: {
      podSelector: { matchLabels: { ...meta.labels } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [],
      egress: [
        {
          // By the address where it is a machine's, by the pods where it is a service's: what is judged there is the pod behind it.
          to: [{ ipBlock: { cidr: `${egress.ip}/${isIPv6(egress.ip) ? 128 : 32}` } }, { podSelector: { matchLabels: EGRESS_LABELS } }],
          ports,
        },
      ],
    },
  };
}

type PodParts = { image: string; secretName: string; fileNames: readonly string[] };

function podSpecOf(container: AccountContainer, parts: PodParts): V1PodSpec {
  return {
    containers: [containerOf(container, parts)],
    volumes: volumesOf(container, parts),
    restartPolicy: "Always",
    terminationGracePeriodSeconds: DRAIN_S_MAX,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Names are resolved by the egress proxy; a question to anybody else would be a way out.
    dnsPolicy: "None",
    dnsConfig: { nameservers: ["127.0.0.1"] },
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: CONTAINER_UID,
      runAsGroup: CONTAINER_UID,
      // A new volume belongs to root. Only its top is changed, so that a sign-in in it keeps its mode.
      fsGroup: CONTAINER_UID,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

function containerOf(container: AccountContainer, parts: PodParts): V1Container {
  const { memoryMiB, cpus } = container.limits;
  return {
    name: CONTAINER,
    image: parts.image,
    imagePullPolicy: "IfNotPresent",
    command: [CODEX_BINARY],
    args: [...container.args, "--listen", `unix://${LISTEN_PATH}`].map(literal),
    workingDir: "/work",
    env: environment(container, parts.secretName),
    volumeMounts: mountsOf(parts.fileNames),
    resources: {
      requests: { memory: `${Math.min(IDLE_MEMORY_MIB, memoryMiB)}Mi`, cpu: IDLE_CPU },
      limits: { memory: `${memoryMiB}Mi`, cpu: `${Math.round(cpus * 1000)}m` },
    },
    // What Codex said last is then in the pod's status, and the runner needs no right to read logs.
    terminationMessagePolicy: "FallbackToLogsOnError",
    stdin: false,
    tty: false,
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}

function volumesOf({ limits }: AccountContainer, { secretName }: PodParts): V1Volume[] {
  return [
    { name: SETUP, secret: { secretName, defaultMode: SETUP_MODE } },
    // In memory: any other has a folder that is open to all and not sticky, in which Codex refuses to make its socket.
    { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: `${TMP_MIB}Mi` } },
    { name: "state", emptyDir: { sizeLimit: `${limits.homeMiB}Mi` } },
  ];
}

function mountsOf(fileNames: readonly string[]): V1VolumeMount[] {
  return [
    { name: "home", mountPath: CODEX_HOME },
    { name: "tmp", mountPath: "/tmp" },
    { name: "state", mountPath: STATE_FOLDER },
    ...fileNames.map((name) => ({ name: SETUP, mountPath: `${CODEX_HOME}/${name}`, subPath: name, readOnly: true })),
  ];
}

function environment({ env, caPem }: AccountContainer, secretName: string): V1EnvVar[] {
  const proxy = { valueFrom: { secretKeyRef: { name: secretName, key: PROXY_KEY } } };
  const fixed: Record<string, string> = {
    HOME: CODEX_HOME,
    CODEX_HOME,
    CODEX_SQLITE_HOME: STATE_FOLDER,
    TMPDIR: "/tmp",
    PATH: "/opt/codex/bin:/opt/codex/codex-path",
    SSL_CERT_FILE: caPem === null ? SYSTEM_CA_FILE : `${CODEX_HOME}/${EXTRA_CA_NAME}`,
    NO_PROXY: "",
    no_proxy: "",
  };
  const proxies = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  const plain = Object.entries({ ...env, ...fixed }).filter(([name]) => !proxies.includes(name));
  return [...plain.map(([name, value]) => ({ name, value: literal(value) })), ...proxies.map((name) => ({ name, ...proxy }))];
}

/** Kubernetes reads `$(NAME)` in arguments and values as a variable. */
function literal(text: string): string {
  return text.replaceAll("$(", "$$$$(");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
