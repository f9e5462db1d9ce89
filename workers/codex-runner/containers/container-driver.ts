import type { Duplex } from "node:stream";

/**
 * The box of one ChatGPT account. Whatever drives it, inside runs the official `codex app-server --listen unix://…`, never on
 * stdio: so whoever drives may die and reconnect in mid-turn, and SIGTERM drains.
 *
 * Name, home and place of a container derive from the account's id alone: `ensure` finds what runs already and never makes a
 * second one. Which runner may call at all is decided by the lease in the database, before any of this.
 */
export interface ContainerDriver {
  readonly kind: DriverKind;
  /** What is really there, tried out and not assumed. */
  probe(): Promise<Probe>;
  /** Idempotent: resumes what runs, starts what is stopped, makes what is not there. Throws `ContainerError`. */
  ensure(container: AccountContainer): Promise<ContainerRef>;
  /**
   * Runs one command of the CLI on the home of the account, in the same box, after what ran there is proven gone: never beside
   * app-server, and never resumed by whoever comes later. Not every driver can.
   */
  run?(command: AccountCommand): Promise<RunningCommand>;
  /** A new WebSocket byte stream to app-server, as often as wanted. */
  connect(ref: ContainerRef, signal?: AbortSignal): Promise<Duplex>;
  /**
   * SIGTERM, so that running turns end; SIGKILL after `drainMs`. Returns when the process is proven gone. With the `fence` of a lease,
   * a driver that can tell leaves alone what has been taken over under a newer one.
   */
  stop(ref: ContainerRef, drainMs: number, fence?: number): Promise<void>;
  /** Stops at once. With `deleteHome` the sign-in is gone for good. */
  destroy(ref: ContainerRef, options: { deleteHome: boolean; fence?: number }): Promise<void>;
  /** All containers of this installation on this driver's hosts, for reconciliation after a restart of anything. */
  list(): Promise<ContainerStatus[]>;
  /** Returns the function that ends it. */
  watch(onChange: (change: ContainerChange) => void): () => void;
  /** Bytes in the home, without following links. */
  measureHome(ref: ContainerRef): Promise<number>;
  /** Stops listening and watching; containers live on. */
  close(): Promise<void>;
}

export type DriverKind = "bubblewrap" | "process" | "docker" | "kubernetes";

export type Isolation = {
  fs: boolean;
  pids: boolean;
  /** `allow-list`: nothing but the egress proxy can be reached. */
  net: "allow-list" | "open";
  uid: "per-account" | "shared";
  /** Which limits are really enforced. */
  limits: { memory: boolean; cpu: boolean; pids: boolean };
  seccomp: boolean;
};

export type Probe = { ok: true; isolation: Isolation; notes: string[] } | { ok: false; why: string };

export type AccountContainer = {
  accountId: string;
  /** Of the lease under which it is driven: the egress proxy admits this one only. */
  fence: number;
  codexVersion: string;
  /** The unpacked npm package of the official CLI: `bin/codex`, `codex-resources/bwrap`, … */
  vendorDir: string;
  /** After `codex`: `-c` overrides, `app-server`, and whatever else the engine wants, without `--listen`. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Written into the home before the start, mode 0600: configuration, model catalogue. Never auth.json. */
  files: readonly { name: string; content: string }[];
  /** Additional certificate authorities, PEM; null: the system's alone. */
  caPem: string | null;
  limits: { memoryMiB: number; cpus: number; pids: number; homeMiB: number };
  /** Docker engine or cluster that holds the home; null: the driver's only one. */
  host: string | null;
};

/** `args` are those of the command, as they stand behind `codex`. */
export type AccountCommand = AccountContainer & { stdin: string };

export type RunningCommand = {
  ref: ContainerRef;
  stdout: AsyncIterable<Uint8Array>;
  /** Exit code, or null for a signal, once nothing of it is left. Never rejects. */
  exit: Promise<number | null>;
  /** At once. Doing it again changes nothing. */
  kill(): void;
};

/** Plain data: it is kept on the account's row, and another runner finds the container by it. */
export type ContainerRef = {
  accountId: string;
  driver: DriverKind;
  host: string;
  name: string;
  /** Pid and start time of the inner process, container id, pod uid. */
  instance: string;
  imageDigest: string | null;
  binaryDigest: string;
  /** True: `ensure` found it running. */
  resumed: boolean;
};

export type ContainerStatus = { accountId: string; state: "running" | "stopped"; ref: ContainerRef };

export type ContainerChange = { accountId: string; state: "running" | "exited" | "lost"; code: number | null; oom: boolean };

/**
 * `driver_missing`: the runtime is not there. `no_space`: the disk or the home is full. `failed`: it started and died, or did not
 * come up within its bound. `unreachable`: the host does not answer.
 */
export class ContainerError extends Error {
  readonly reason: "driver_missing" | "no_space" | "failed" | "unreachable";

  constructor(reason: ContainerError["reason"], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ContainerError";
    this.reason = reason;
  }
}
