import { createHash } from "node:crypto";
import type { ContainerCreateOptions } from "dockerode";
import type { AccountContainer } from "@/workers/codex-runner/containers/container-driver";

/** One uid in every container; each has its own file system, processes and network. */
export const CONTAINER_UID = 10_001;
export const CODEX_HOME = "/codex-home";
export const CODEX_BINARY = "/opt/codex/bin/codex";
export const SYSTEM_CA_FILE = "/etc/ssl/certs/ca-certificates.crt";
/** Inside of the home, where files can be put before the start. */
export const EXTRA_CA_NAME = "ca-certificates.pem";
/** Codex listens on a symbolic link to `SOCKET_FOLDER/<sha256 of this path>`, whatever TMPDIR says. */
export const LISTEN_PATH = "/tmp/app.sock";
const SOCKET_FOLDER = `/tmp/codex-daemon-${CONTAINER_UID}`;
export const SOCKET_NAME = createHash("sha256").update(LISTEN_PATH).digest("hex");

export const LABELS = {
  installation: "switchyard.installation",
  account: "switchyard.account",
  /** Of everything that is fixed when a container is made; another one means a new container at the next start. */
  spec: "switchyard.spec",
  binary: "switchyard.binary",
} as const;

export type ContainerPlace = {
  name: string;
  installation: string;
  /** By the name that its content has: its id differs between two imports. */
  image: string;
  binaryDigest: string;
  runtime: string | null;
  network:
    | { kind: "door"; proxyUrl: string; socketDir: string }
    /** Only the engine's own machine can be reached over it, where the egress proxy listens. */
    | { kind: "internal"; proxyUrl: string; networkName: string };
};

const MIB = 1024 * 1024;
const TMP_MIB = 64;
const NANO_CPUS = 1_000_000_000;
const OPEN_FILES_MAX = 4096;

/** Name of container, volume and network of an account: the same on every call, so that an engine admits one of each. */
export function containerName(installation: string, accountId: string): string {
  return `switchyard-${createHash("sha256").update(installation).digest("hex").slice(0, 8)}-${accountId}`;
}

export function containerSpec(
  container: AccountContainer,
  place: ContainerPlace,
): ContainerCreateOptions & { name: string; Labels: Record<string, string> } {
  const { limits } = container;
  const options: ContainerCreateOptions = {
    Image: place.image,
    Hostname: "codex",
    User: `${CONTAINER_UID}:${CONTAINER_UID}`,
    WorkingDir: "/work",
    Entrypoint: [CODEX_BINARY],
    Cmd: [...container.args, "--listen", `unix://${LISTEN_PATH}`],
    Env: environment(container, place),
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    NetworkDisabled: place.network.kind === "door",
    HostConfig: {
      NetworkMode: place.network.kind === "door" ? "none" : place.network.networkName,
      ReadonlyRootfs: true,
      Tmpfs: { "/tmp": `size=${TMP_MIB}m,mode=1777,nosuid,nodev,noexec` },
      Mounts: [
        { Type: "volume", Source: place.name, Target: CODEX_HOME },
        ...(place.network.kind === "door" ? [{ Type: "bind" as const, Source: place.network.socketDir, Target: SOCKET_FOLDER }] : []),
      ],
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      IpcMode: "private",
      PidsLimit: limits.pids,
      Memory: limits.memoryMiB * MIB,
      // The same number: no swap.
      MemorySwap: limits.memoryMiB * MIB,
      NanoCpus: Math.round(limits.cpus * NANO_CPUS),
      Ulimits: [
        { Name: "nofile", Soft: OPEN_FILES_MAX, Hard: OPEN_FILES_MAX },
        { Name: "core", Soft: 0, Hard: 0 },
      ],
      // Docker's own log would put customers' text on disk.
      LogConfig: { Type: "none", Config: {} },
      RestartPolicy: { Name: "no" },
      ...(place.runtime === null ? {} : { Runtime: place.runtime }),
    },
  };
  const labels = { [LABELS.installation]: place.installation, [LABELS.account]: container.accountId, [LABELS.binary]: place.binaryDigest };
  const spec = createHash("sha256").update(JSON.stringify(options)).digest("hex");
  return { name: place.name, ...options, Labels: { ...labels, [LABELS.spec]: spec } };
}

function environment(container: AccountContainer, place: ContainerPlace): string[] {
  const { proxyUrl } = place.network;
  const fixed = {
    HOME: CODEX_HOME,
    CODEX_HOME,
    TMPDIR: "/tmp",
    PATH: "/opt/codex/bin:/opt/codex/codex-path",
    SSL_CERT_FILE: container.caPem === null ? SYSTEM_CA_FILE : `${CODEX_HOME}/${EXTRA_CA_NAME}`,
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    ALL_PROXY: proxyUrl,
    all_proxy: proxyUrl,
    NO_PROXY: "",
    no_proxy: "",
  };
  return Object.entries({ ...container.env, ...fixed }).map(([name, value]) => `${name}=${value}`);
}
