import { expect, test } from "vitest";
import type { AccountContainer } from "@/workers/codex-runner/containers/container-driver";
import { type AccountPlace, accountObjects, objectName, podName } from "@/workers/codex-runner/containers/kubernetes/account-objects";

const ACCOUNT: AccountContainer = {
  accountId: "acct_1",
  fence: 3,
  codexVersion: "0.169.0",
  vendorDir: "/vendor",
  args: ["-c", 'model="$(HOME)"', "app-server"],
  env: { RUST_LOG: "warn", HTTPS_PROXY: "http://elsewhere.example:1", NO_PROXY: "*" },
  files: [{ name: "config.toml", content: "a = 1\n" }],
  caPem: null,
  limits: { memoryMiB: 512, cpus: 0.5, pids: 256, homeMiB: 256 },
  host: null,
};
const PLACE: AccountPlace = {
  name: "codex-x-1",
  namespace: "lanes",
  installation: "x",
  image: "registry.test/codex@sha256:1",
  storageClass: null,
  egress: { ip: "10.1.2.3", port: 3129, proxyUrl: "http://acct_1.3:secret@10.1.2.3:3129" },
};

const objectsOf = (account: Partial<AccountContainer> = {}, place: Partial<AccountPlace> = {}) =>
  accountObjects({ ...ACCOUNT, ...account }, { ...PLACE, ...place });
const podSpecOf = (...overrides: Parameters<typeof objectsOf>) => objectsOf(...overrides).statefulSet.spec?.template.spec;
const containerOf = (...overrides: Parameters<typeof objectsOf>) => podSpecOf(...overrides)?.containers[0];

test("a pod has no rights, a read-only root, no service account, and no way to ask for a name", () => {
  expect(podSpecOf()).toMatchObject({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    dnsPolicy: "None",
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    securityContext: { runAsNonRoot: true, runAsUser: 10_001, runAsGroup: 10_001, seccompProfile: { type: "RuntimeDefault" } },
  });
  expect(containerOf()).toMatchObject({
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    resources: { limits: { memory: "512Mi", cpu: "500m" }, requests: { memory: "64Mi", cpu: "10m" } },
    stdin: false,
    tty: false,
  });
});

test("a set is one pod that only we replace, with a home that outlives it", () => {
  const { statefulSet } = objectsOf({}, { storageClass: "fast" });
  expect(statefulSet.spec).toMatchObject({
    replicas: 1,
    updateStrategy: { type: "OnDelete" },
    volumeClaimTemplates: [
      {
        metadata: { name: "home" },
        spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "256Mi" } } },
      },
    ],
  });
  expect(statefulSet.spec?.selector.matchLabels).toEqual(statefulSet.spec?.template.metadata?.labels);
  expect(statefulSet.metadata?.annotations).toEqual({ "switchyard.fence": "3" });
});

test("nothing comes in, and only the egress proxy's port can be reached, also by IPv6", () => {
  expect(objectsOf().networkPolicy.spec).toEqual({
    podSelector: { matchLabels: { "switchyard.installation": "x", "switchyard.account": "acct_1" } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [],
    egress: [
      {
        to: [{ ipBlock: { cidr: "10.1.2.3/32" } }, { podSelector: { matchLabels: { "app.kubernetes.io/name": "switchyard-egress" } } }],
        ports: [{ protocol: "TCP", port: 3129 }],
      },
    ],
  });
  const { networkPolicy } = objectsOf({}, { egress: { ...PLACE.egress, ip: "fd00::1" } });
  expect(networkPolicy.spec?.egress?.[0]?.to?.[0]).toEqual({ ipBlock: { cidr: "fd00::1/128" } });
});

test("the credentials of the way out are in the Secret alone, and no setting of the engine can lead around it", () => {
  const { secret, statefulSet, networkPolicy } = objectsOf();
  expect(secret.stringData?.HTTPS_PROXY).toBe(PLACE.egress.proxyUrl);
  expect(JSON.stringify([statefulSet, networkPolicy])).not.toContain("secret@");
  const env = containerOf()?.env ?? [];
  expect(env).toContainEqual({ name: "RUST_LOG", value: "warn" });
  const fromSecret = { valueFrom: { secretKeyRef: { name: secret.metadata?.name, key: "HTTPS_PROXY" } } };
  expect(env.filter(({ name }) => /proxy$/i.test(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: "ALL_PROXY", ...fromSecret },
    { name: "HTTPS_PROXY", ...fromSecret },
    { name: "NO_PROXY", value: "" },
    { name: "all_proxy", ...fromSecret },
    { name: "https_proxy", ...fromSecret },
    { name: "no_proxy", value: "" },
  ]);
});

test("a setup is immutable and named after its content: the lease, the files and the authorities", () => {
  const nameOf = (...overrides: Parameters<typeof objectsOf>) => objectsOf(...overrides).secret.metadata?.name;
  expect(objectsOf().secret.immutable).toBe(true);
  expect(nameOf({ args: ["app-server"] })).toBe(nameOf());
  expect(nameOf({ files: [] })).not.toBe(nameOf());
  expect(nameOf({ caPem: "PEM" })).not.toBe(nameOf());
  expect(nameOf({}, { egress: { ...PLACE.egress, proxyUrl: "http://acct_1.4:secret@10.1.2.3:3129" } })).not.toBe(nameOf());
});

test("files of the setup lie over the home, for Codex to read and for nobody to write", () => {
  const spec = podSpecOf({ caPem: "PEM" });
  const volume = spec?.volumes?.find(({ name }) => name === "setup");
  expect(volume?.secret?.defaultMode).toBe(0o440);
  expect(spec?.containers[0]?.volumeMounts?.filter(({ name }) => name === "setup")).toEqual([
    { name: "setup", mountPath: "/codex-home/config.toml", subPath: "config.toml", readOnly: true },
    { name: "setup", mountPath: "/codex-home/ca-certificates.pem", subPath: "ca-certificates.pem", readOnly: true },
  ]);
  expect(spec?.containers[0]?.env).toContainEqual({ name: "SSL_CERT_FILE", value: "/codex-home/ca-certificates.pem" });
});

test("the folder of Codex's socket is in memory, and its databases are as new with every pod", () => {
  expect(podSpecOf()?.volumes).toContainEqual({ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } });
  expect(podSpecOf()?.volumes).toContainEqual({ name: "state", emptyDir: { sizeLimit: "256Mi" } });
  expect(containerOf()?.env).toContainEqual({ name: "CODEX_SQLITE_HOME", value: "/codex-state" });
});

test("arguments mean what they say, also where Kubernetes would put in a variable", () => {
  expect(containerOf()).toMatchObject({
    command: ["/opt/codex/bin/codex"],
    args: ["-c", 'model="$$(HOME)"', "app-server", "--listen", "unix:///tmp/app.sock"],
    workingDir: "/work",
  });
});

test("names are those of a DNS label, short enough for all that Kubernetes adds, and differ between installations", () => {
  const id = `acct_${"0123456789abcdef".repeat(2)}`;
  const name = objectName("one", id);
  expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
  expect(`${name}-0123456789`.length).toBeLessThanOrEqual(63);
  expect(podName(name)).toBe(`${name}-0`);
  expect(objectName("two", id)).not.toBe(name);
  expect(() => objectName("one", "acct_../x")).toThrow("is no id of an account");
});
