import type { Isolation } from "@/workers/codex-runner/containers/container-driver";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

export type EngineProbe = { isolation: Isolation; notes: string[] };

/** What `GET /info` says beyond the fields that dockerode's types know. */
type EngineInfo = {
  ServerVersion: string;
  OSType: string;
  Architecture: string;
  KernelVersion: string;
  CgroupVersion?: string;
  SecurityOptions?: string[];
  MemoryLimit?: boolean;
  SwapLimit?: boolean;
  CpuCfsQuota?: boolean;
  PidsLimit?: boolean;
  LiveRestoreEnabled?: boolean;
  Runtimes?: Record<string, unknown>;
  Warnings?: string[] | null;
};

const ARCHITECTURES: Record<string, string> = { x64: "x86_64", arm64: "aarch64" };
const WARNINGS_MAX = 5;
const FIREWALL_STATED =
  "The operator has said that its machine drops what comes from the containers, except to the egress proxy (DOCKER_FIREWALL).";
const FIREWALL_UNPROVEN =
  "Containers reach services of the engine's own machine: let its firewall drop what comes from them, except to the egress proxy; try it, then set DOCKER_FIREWALL=enforced.";

type ProbeOptions = {
  runtime: string | null;
  /** Its containers have no network but the egress proxy's door in it. */
  hasDoor: boolean;
  /** What the operator says of the machine of an engine without doors. */
  isFirewallEnforced: boolean;
};

/** Throws where the engine does not answer, or cannot run our containers at all. */
export async function probeEngine(engine: Engine, options: ProbeOptions): Promise<EngineProbe> {
  const info = (await engine.calls.info()) as EngineInfo;
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  if (info.OSType !== "linux" || info.Architecture !== architecture) {
    throw new Error(`it is ${info.OSType} ${info.Architecture}, and the Codex CLI of this machine is linux ${architecture}`);
  }
  if (options.runtime !== null && !(options.runtime in (info.Runtimes ?? {}))) {
    throw new Error(`it has no runtime ${options.runtime}; it has ${Object.keys(info.Runtimes ?? {}).join(", ")}`);
  }
  const security = info.SecurityOptions ?? [];
  const has = (option: string) => security.some((entry) => entry.split(",").includes(`name=${option}`));
  const isUserNamespaced = has("userns") || has("rootless");
  const notes = [
    `Docker ${info.ServerVersion}, kernel ${info.KernelVersion}, cgroup v${info.CgroupVersion ?? "1"}${isUserNamespaced ? ", user namespaces" : ""}.`,
    ...(info.LiveRestoreEnabled ? [] : ["A restart of dockerd ends running turns: start it with --live-restore."]),
    ...(options.hasDoor ? [] : [options.isFirewallEnforced ? FIREWALL_STATED : FIREWALL_UNPROVEN]),
    ...(info.Warnings ?? []).slice(0, WARNINGS_MAX),
  ];
  return {
    isolation: {
      fs: true,
      pids: true,
      net: options.hasDoor || options.isFirewallEnforced ? "allow-list" : "open",
      // One uid in all of them, each in namespaces of its own.
      uid: "shared",
      limits: { memory: info.MemoryLimit === true, cpu: info.CpuCfsQuota === true, pids: info.PidsLimit === true },
      seccomp: security.some((entry) => entry.split(",").includes("name=seccomp") && !entry.includes("profile=unconfined")),
    },
    notes: notes.map((note) => `${engine.name}: ${note}`),
  };
}

/** What all of the engines give. */
export function weakestIsolation(all: readonly Isolation[]): Isolation {
  const every = (has: (isolation: Isolation) => boolean) => all.every(has);
  return {
    fs: every((isolation) => isolation.fs),
    pids: every((isolation) => isolation.pids),
    net: every((isolation) => isolation.net === "allow-list") ? "allow-list" : "open",
    uid: every((isolation) => isolation.uid === "per-account") ? "per-account" : "shared",
    limits: {
      memory: every((isolation) => isolation.limits.memory),
      cpu: every((isolation) => isolation.limits.cpu),
      pids: every((isolation) => isolation.limits.pids),
    },
    seccomp: every((isolation) => isolation.seccomp),
  };
}
