import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AppsV1Api, CoreV1Api, KubeConfig, NetworkingV1Api, RbacAuthorizationV1Api } from "@kubernetes/client-node";
import { freePort } from "@/workers/shared/free-port";
import { RUNNER_RIGHTS } from "@/workers/codex-runner/containers/kubernetes/probe-cluster";

/**
 * The real API of Kubernetes and its real store, without anything that would run pods: what a node and the controllers do is up to the
 * test. The runner's user has the rights of the driver's own list and no other.
 */
export type TestCluster = {
  server: string;
  namespace: string;
  /** A kubeconfig of the runner. */
  configFile: string;
  /** TLS certificate and key of the API, for whoever plays a node. */
  tls: { cert: Buffer; key: Buffer };
  apps: AppsV1Api;
  core: CoreV1Api;
  networking: NetworkingV1Api;
  rbac: RbacAuthorizationV1Api;
  /** Kills the API alone; its store lives on. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
};

const FOLDER = join(import.meta.dirname, "../../.cache/kubernetes");
const ETCD = process.env.ETCD_BIN || join(FOLDER, "etcd");
const API_SERVER = process.env.KUBE_APISERVER_BIN || join(FOLDER, "kube-apiserver");
const NAMESPACE = "lanes";
const UP_MS_MAX = 60_000;
const POLL_MS = 50;
const OPERATOR = "operator";
const RUNNER = "runner";

/** Null: an API can be started here. */
export function whyNoCluster(): string | null {
  const missing = [
    ...(existsSync(ETCD) ? [] : [`etcd (ETCD_BIN or ${ETCD})`]),
    ...(existsSync(API_SERVER) ? [] : [`kube-apiserver (KUBE_APISERVER_BIN or ${API_SERVER})`]),
  ];
  return missing.length === 0 ? null : `${missing.join(" and ")} not found`;
}

export async function startCluster(): Promise<TestCluster> {
  const folder = mkdtempSync("/tmp/sy-kube-");
  const etcd = await startEtcd(folder);
  const port = await freePort(0);
  const server = `https://127.0.0.1:${port}`;
  writeSecrets(folder);
  let api = await startApi(folder, { port, etcd: etcd.url });

  const certFile = join(folder, "apiserver.crt");
  const configOf = (user: string) => {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: "test", server, caFile: certFile }],
      users: [{ name: user, token: user }],
      contexts: [{ name: "test", cluster: "test", user }],
      currentContext: "test",
    });
    return config;
  };
  const operator = configOf(OPERATOR);
  const configFile = join(folder, "kubeconfig.json");
  writeFileSync(configFile, configOf(RUNNER).exportConfig());
  const core = operator.makeApiClient(CoreV1Api);
  const rbac = operator.makeApiClient(RbacAuthorizationV1Api);
  await core.createNamespace({ body: { metadata: { name: NAMESPACE } } });
  await giveRights(rbac);

  return {
    server,
    namespace: NAMESPACE,
    configFile,
    tls: { cert: readFileSync(certFile), key: readFileSync(join(folder, "apiserver.key")) },
    apps: operator.makeApiClient(AppsV1Api),
    core,
    networking: operator.makeApiClient(NetworkingV1Api),
    rbac,
    kill: () => kill(api),
    start: async () => {
      api = await startApi(folder, { port, etcd: etcd.url });
    },
    stop: async () => {
      await kill(api);
      await kill(etcd.process);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startEtcd(folder: string): Promise<{ process: ChildProcess; url: string }> {
  const url = `http://127.0.0.1:${await freePort(0)}`;
  const peerUrl = `http://127.0.0.1:${await freePort(0)}`;
  const args = [
    ["--data-dir", join(folder, "etcd")],
    ["--listen-client-urls", url, "--advertise-client-urls", url],
    ["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl, "--initial-cluster", `default=${peerUrl}`],
  ].flat();
  // It waits for the store itself, and says so when there is none.
  return { process: spawn(ETCD, args, { stdio: "ignore" }), url };
}

function writeSecrets(folder: string): void {
  writeFileSync(join(folder, "tokens.csv"), `${OPERATOR},${OPERATOR},1,system:masters\n${RUNNER},${RUNNER},2\n`);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
}

async function startApi(folder: string, { port, etcd }: { port: number; etcd: string }): Promise<ChildProcess> {
  const accounts = join(folder, "sa.key");
  const args = [
    ["--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--secure-port", String(port), "--cert-dir", folder],
    ["--service-account-issuer", "https://test", "--service-account-key-file", accounts, "--service-account-signing-key-file", accounts],
    ["--token-auth-file", join(folder, "tokens.csv"), "--authorization-mode", "RBAC"],
    // It wants an account for every pod, which a controller would have to make.
    ["--disable-admission-plugins", "ServiceAccount", "--service-cluster-ip-range", "10.0.0.0/24"],
    ["--kubelet-preferred-address-types", "InternalIP"],
  ].flat();
  const child = spawn(API_SERVER, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said = `${said}${String(chunk)}`.slice(-4096)));
  const deadlineMs = Date.now() + UP_MS_MAX;
  while (!(await isReady(folder, port))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) throw new Error(`kube-apiserver did not come up: ${said}`);
    await delay(POLL_MS);
  }
  return child;
}

async function isReady(folder: string, port: number): Promise<boolean> {
  const certFile = join(folder, "apiserver.crt");
  if (!existsSync(certFile)) return false;
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const request = get({ host: "127.0.0.1", port, path: "/readyz", headers, ca: readFileSync(certFile), agent: false });
  try {
    const [response] = (await once(request, "response")) as [{ statusCode?: number; resume(): void }];
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

async function giveRights(rbac: RbacAuthorizationV1Api): Promise<void> {
  const rules = RUNNER_RIGHTS.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs: [...verbs] }));
  const namespace = NAMESPACE;
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name: RUNNER }, rules } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name: RUNNER },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: RUNNER },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: RUNNER }],
    },
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Two installations in one cluster do not see each other, so every test file has its own. */
export function newInstallation(): string {
  return randomUUID().slice(0, 8);
}
