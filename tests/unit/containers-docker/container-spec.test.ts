import { expect, test } from "vitest";
import type { AccountContainer } from "@/workers/codex-runner/containers/container-driver";
import { type ContainerPlace, containerName, containerSpec, LABELS } from "@/workers/codex-runner/containers/docker/container-spec";

const ACCOUNT: AccountContainer = {
  accountId: "acct_1",
  fence: 3,
  codexVersion: "0.169.0",
  vendorDir: "/vendor",
  args: ["-c", "a=1", "app-server"],
  env: { RUST_LOG: "warn", HTTPS_PROXY: "http://elsewhere.example:1", NO_PROXY: "*" },
  files: [],
  caPem: null,
  limits: { memoryMiB: 512, cpus: 0.5, pids: 256, homeMiB: 256 },
  host: null,
};
const PLACE: ContainerPlace = {
  name: "switchyard-x-acct_1",
  installation: "x",
  image: "codex:1",
  binaryDigest: "sha256:2",
  runtime: null,
  network: { kind: "door", proxyUrl: "http://127.0.0.1:3128", socketDir: "/run/switchyard/1" },
};

test("a container behind a door has no network, no rights, a read-only root and no log", () => {
  expect(containerSpec(ACCOUNT, PLACE).HostConfig).toEqual({
    NetworkMode: "none",
    ReadonlyRootfs: true,
    Tmpfs: { "/tmp": "size=64m,mode=1777,nosuid,nodev,noexec" },
    Mounts: [
      { Type: "volume", Source: "switchyard-x-acct_1", Target: "/codex-home" },
      { Type: "bind", Source: "/run/switchyard/1", Target: "/tmp/codex-daemon-10001" },
    ],
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    Privileged: false,
    IpcMode: "private",
    PidsLimit: 256,
    Memory: 536_870_912,
    MemorySwap: 536_870_912,
    NanoCpus: 500_000_000,
    Ulimits: [
      { Name: "nofile", Soft: 4096, Hard: 4096 },
      { Name: "core", Soft: 0, Hard: 0 },
    ],
    LogConfig: { Type: "none", Config: {} },
    RestartPolicy: { Name: "no" },
  });
});

test("Codex is run as it came, listening on its socket", () => {
  expect(containerSpec(ACCOUNT, PLACE)).toMatchObject({
    Entrypoint: ["/opt/codex/bin/codex"],
    Cmd: ["-c", "a=1", "app-server", "--listen", "unix:///tmp/app.sock"],
    User: "10001:10001",
    WorkingDir: "/work",
  });
});

test("no setting of the engine can lead around the proxy", () => {
  const env = containerSpec(ACCOUNT, PLACE).Env ?? [];
  expect(env).toContain("RUST_LOG=warn");
  expect(env.filter((entry) => /proxy=/i.test(entry)).toSorted()).toEqual([
    "ALL_PROXY=http://127.0.0.1:3128",
    "HTTPS_PROXY=http://127.0.0.1:3128",
    "NO_PROXY=",
    "all_proxy=http://127.0.0.1:3128",
    "https_proxy=http://127.0.0.1:3128",
    "no_proxy=",
  ]);
});

test("an additional certificate authority is read from the home", () => {
  expect(containerSpec(ACCOUNT, PLACE).Env).toContain("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt");
  expect(containerSpec({ ...ACCOUNT, caPem: "PEM" }, PLACE).Env).toContain("SSL_CERT_FILE=/codex-home/ca-certificates.pem");
});

test("the spec's label changes with what is fixed when a container is made, and with nothing else", () => {
  const specOf = (account: Partial<AccountContainer>, place: Partial<ContainerPlace> = {}) =>
    containerSpec({ ...ACCOUNT, ...account }, { ...PLACE, ...place }).Labels[LABELS.spec];
  const spec = specOf({});
  expect(specOf({ fence: 4, files: [{ name: "config.toml", content: "" }] })).toBe(spec);
  expect(specOf({ args: ["app-server"] })).not.toBe(spec);
  expect(specOf({}, { image: "codex:2" })).not.toBe(spec);
  expect(specOf({}, { runtime: "runsc" })).not.toBe(spec);
  expect(specOf({ limits: { ...ACCOUNT.limits, memoryMiB: 256 } })).not.toBe(spec);
});

test("two installations on one engine do not share a name", () => {
  expect(containerName("one", "acct_1")).not.toBe(containerName("two", "acct_1"));
  expect(containerName("one", "acct_1")).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
});
