import { once } from "node:events";
import { closeSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import type { Duplex, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import {
  type AccountCommand,
  type AccountContainer,
  type ContainerChange,
  type ContainerDriver,
  ContainerError,
  type ContainerRef,
  type ContainerStatus,
  type Probe,
  type RunningCommand,
} from "@/workers/codex-runner/containers/container-driver";
import {
  type AccountFolders,
  accountFolders,
  homesFolder,
  isAccountId,
  runsFolder,
} from "@/workers/codex-runner/containers/shared/account-folders";
import { measureFolder, requireSpace, writeHomeFiles } from "@/workers/codex-runner/containers/shared/account-home";
import { binaryDigest } from "@/workers/codex-runner/containers/shared/binary-digest";
import { certificateBundle } from "@/workers/codex-runner/containers/shared/certificates";
import { countOomKills, removeCgroups } from "@/workers/codex-runner/containers/shared/cgroups";
import {
  type ContainerRecord,
  readContainerRecord,
  removeContainerRecord,
  writeContainerRecord,
} from "@/workers/codex-runner/containers/shared/container-record";
import { boundErrorLog, lastWords, openErrorLog } from "@/workers/codex-runner/containers/shared/error-log";
import { childrenOf, isMarkAlive, type ProcessMark, signal, untilGone } from "@/workers/codex-runner/containers/shared/process-mark";
import { waitForFileLock } from "@/workers/shared/file-lock";

/**
 * Containers that are processes of this machine. They outlive whoever started them, so nothing here relies on being their parent:
 * what is known of a container is its record on disk and the table of processes.
 *
 * Work on one account is done one piece after the other, also across processes (a file lock). A container is started only after
 * everything of the one before is proven gone.
 */
export type LocalLauncher = {
  kind: "bubblewrap" | "process";
  probe(): Promise<Probe>;
  /** The user whose home it is; null: our own. Makes the home. */
  giveUid(accountId: string): Promise<number | null>;
  /** Starts app-server. Calls `record` as soon as there is something to end, before Codex may start. */
  launch(launch: Launch): Promise<Launched>;
  /** Starts one command instead, with the same care. */
  launchCommand(launch: Launch, stdin: string): Promise<LaunchedCommand>;
  /** What runs goes on under this lease. False: it has to be started anew for that. */
  adopt(record: ContainerRecord, fence: number): Promise<boolean>;
  /** No way out any more. */
  leave(accountId: string): Promise<void>;
  /** A new connection to app-server; it may fail at once or later. */
  openSocket(folders: AccountFolders): Promise<Duplex>;
};

export type Launch = {
  container: AccountContainer;
  folders: AccountFolders;
  uid: number | null;
  /** File descriptor of the error log. */
  errorLog: number;
  record: (started: { root: ProcessMark; cgroups: string[] }) => void;
  signal: AbortSignal;
};

export type Launched = {
  codex: ProcessMark;
  /** The exit code as far as it can be told; null: a signal. */
  ended: Promise<number | null>;
};

export type LaunchedCommand = Omit<Launched, "codex"> & { stdout: Readable };

export type LocalDriverOptions = { dataDir: string; log: Logger };

const START_MS_MAX = 20_000;
/** What has survived its runner answers at once, or is stuck. */
const ADOPT_MS_MAX = 5_000;
/** SIGKILL and the end of a process; longer only on a machine in trouble. */
const KILL_MS_MAX = 15_000;
const LOCK_MS_MAX = 60_000;
const POLL_MS = 15;
const WATCH_MS = 500;
const OUT_OF_MEMORY = /memory allocation of \d+ bytes failed/;
const KILLED = 137;

type LaunchParts = {
  launch: Launch;
  /** What was written down of it. */
  record: () => ContainerRecord;
  abort: AbortController;
};

type Watched = { record: ContainerRecord; folders: AccountFolders; oomKills: number; code: number | null };

export class LocalDriver implements ContainerDriver {
  readonly kind: LocalLauncher["kind"];
  readonly #launcher: LocalLauncher;
  readonly #dataDir: string;
  readonly #log: Logger;
  /** The last piece of work of each account. */
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #running = new Map<string, Watched>();
  readonly #listeners = new Set<(change: ContainerChange) => void>();
  readonly #timer: NodeJS.Timeout;

  constructor(launcher: LocalLauncher, { dataDir, log }: LocalDriverOptions) {
    this.kind = launcher.kind;
    this.#launcher = launcher;
    this.#dataDir = dataDir;
    this.#log = log;
    this.#timer = setInterval(() => this.#look(), WATCH_MS);
    this.#timer.unref();
  }

  probe(): Promise<Probe> {
    return this.#launcher.probe();
  }

  ensure(container: AccountContainer): Promise<ContainerRef> {
    return this.#inLine(container.accountId, async (folders) => {
      const resumed = await this.#resume(container, folders);
      return resumed ?? (await this.#start(container, folders));
    });
  }

  run(command: AccountCommand): Promise<RunningCommand> {
    return this.#inLine(command.accountId, async (folders) => {
      const { accountId } = command;
      requireFence(readContainerRecord(folders.record), command.fence);
      await this.#stop(folders, accountId, 0);
      return this.#launch(command, folders, async ({ launch, record: recorded }) => {
        const { stdout, ended } = await this.#launcher.launchCommand(launch, command.stdin);
        const started = recorded();
        const exit = ended.then((code) => this.#clearAway(started, folders).then(() => code));
        return { ref: this.#refOf(accountId, started), stdout, exit, kill: () => signal(started.root, "SIGKILL") };
      });
    });
  }

  connect(ref: ContainerRef, abort?: AbortSignal): Promise<Duplex> {
    const folders = this.#foldersOf(ref.accountId);
    return connected(() => this.#launcher.openSocket(folders), abort).catch((cause: unknown) => {
      abort?.throwIfAborted();
      if (cause instanceof ContainerError) throw cause;
      throw new ContainerError("failed", "Codex does not answer.", { cause });
    });
  }

  stop(ref: ContainerRef, drainMs: number, fence?: number): Promise<void> {
    return this.#inLine(ref.accountId, async (folders) => {
      requireFence(readContainerRecord(folders.record), fence);
      await this.#stop(folders, ref.accountId, drainMs);
    });
  }

  destroy(ref: ContainerRef, { deleteHome, fence }: { deleteHome: boolean; fence?: number }): Promise<void> {
    return this.#inLine(ref.accountId, async (folders) => {
      requireFence(readContainerRecord(folders.record), fence);
      await this.#stop(folders, ref.accountId, 0);
      rmSync(folders.run, { recursive: true, force: true });
      if (deleteHome) rmSync(folders.home, { recursive: true, force: true });
    });
  }

  async list(): Promise<ContainerStatus[]> {
    const accountIds = new Set([...namesIn(homesFolder(this.#dataDir)), ...namesIn(runsFolder(this.#dataDir))].filter(isAccountId));
    return [...accountIds].flatMap((accountId): ContainerStatus[] => {
      const folders = this.#foldersOf(accountId);
      let record: ContainerRecord | null;
      try {
        record = readContainerRecord(folders.record);
      } catch (error) {
        // One account's trouble is not another's.
        this.#log.error({ err: error, accountId }, "what is known of a container cannot be read");
        return [];
      }
      if (record === null || !isRunning(record)) return [{ accountId, state: "stopped", ref: this.#refOf(accountId, record) }];
      this.#keepWatch(record, folders);
      return [{ accountId, state: "running", ref: this.#refOf(accountId, record) }];
    });
  }

  watch(onChange: (change: ContainerChange) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  measureHome(ref: ContainerRef): Promise<number> {
    return measureFolder(this.#foldersOf(ref.accountId).home);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#listeners.clear();
    await Promise.all(this.#lines.values());
  }

  /** Null: there is nothing that can go on, and nothing is left of it. */
  async #resume(container: AccountContainer, folders: AccountFolders): Promise<ContainerRef | null> {
    const { accountId, fence } = container;
    const record = readContainerRecord(folders.record);
    if (record === null) return null;
    requireFence(record, fence);
    // A start that nobody has seen the end of is not gone on with.
    if (record.codex !== null && isMarkAlive(record.codex) && (await this.#adopt(record, fence))) {
      const answers = await untilAnswering(() => this.#launcher.openSocket(folders), AbortSignal.timeout(ADOPT_MS_MAX));
      if (answers) {
        const adopted = { ...record, fence };
        writeContainerRecord(folders.record, adopted);
        this.#keepWatch(adopted, folders);
        return { ...this.#refOf(accountId, adopted), resumed: true };
      }
      this.#log.warn({ accountId }, "a container that runs does not answer: it is started anew");
    }
    await this.#stop(folders, accountId, 0);
    return null;
  }

  /** False: it cannot be, or it has died under our hands. */
  async #adopt(record: ContainerRecord, fence: number): Promise<boolean> {
    try {
      return await this.#launcher.adopt(record, fence);
    } catch (error) {
      if (isRunning(record)) throw error;
      return false;
    }
  }

  #start(container: AccountContainer, folders: AccountFolders): Promise<ContainerRef> {
    const { accountId } = container;
    return this.#launch(container, folders, async ({ launch, record, abort }) => {
      const { codex, ended } = await this.#launcher.launch(launch);
      const running = { ...record(), codex };
      writeContainerRecord(folders.record, running);
      void ended.then((code) => {
        abort.abort(new Error(`it ended with code ${code}`));
        const watched = this.#running.get(accountId);
        if (watched?.record.codex?.birth === codex.birth) watched.code = code;
      });
      if (!(await untilAnswering(() => this.#launcher.openSocket(folders), launch.signal))) launch.signal.throwIfAborted();
      this.#keepWatch(running, folders);
      return this.#refOf(accountId, running);
    });
  }

  /** Prepares home and run folder, and leaves nothing behind of a start that fails. */
  async #launch<T>(container: AccountContainer, folders: AccountFolders, start: (parts: LaunchParts) => Promise<T>): Promise<T> {
    const { accountId, fence, codexVersion, files, caPem, limits } = container;
    const digest = await binaryDigest(path.join(container.vendorDir, "bin", "codex")).catch((cause: unknown) => {
      throw new ContainerError("driver_missing", "The Codex CLI is not there.", { cause });
    });
    const uid = await this.#launcher.giveUid(accountId);
    const errorLog = await withSpaceErrors(async () => {
      await requireSpace(folders, limits.homeMiB);
      prepareRun(folders);
      writeHomeFiles(folders, files, uid);
      writeFileSync(folders.certificates, certificateBundle(caPem), { mode: 0o644 });
      return openErrorLog(folders.errorLog);
    });

    const abort = new AbortController();
    const bound = setTimeout(() => abort.abort(new Error(`nothing answered within ${START_MS_MAX / 1000} seconds`)), START_MS_MAX);
    let written: ContainerRecord | null = null;
    try {
      const launch: Launch = {
        container,
        folders,
        uid,
        errorLog,
        record: ({ root, cgroups }) => {
          written = { accountId, fence, codexVersion, binaryDigest: digest, root, codex: null, cgroups };
          writeContainerRecord(folders.record, written);
        },
        signal: abort.signal,
      };
      return await start({ launch, record: () => written!, abort });
    } catch (cause) {
      const isStarved = written !== null && (countOomKills((written as ContainerRecord).cgroups) ?? 0) > 0;
      await this.#stop(folders, accountId, 0, { keepLog: true });
      if (isStarved) throw new ContainerError("failed", `Codex needs more memory than its ${limits.memoryMiB} MiB to start.`, { cause });
      throw startError(cause, lastWords(folders.errorLog));
    } finally {
      clearTimeout(bound);
      closeSync(errorLog);
    }
  }

  /** After a command: what follows on this home may have begun already, and is not touched. */
  #clearAway({ accountId, root }: ContainerRecord, folders: AccountFolders): Promise<void> {
    return this.#inLine(accountId, async () => {
      if (readContainerRecord(folders.record)?.root.birth === root.birth) await this.#stop(folders, accountId, 0);
    }).catch((error: unknown) =>
      this.#log.error({ err: error, accountId }, "a command has ended and its container cannot be cleared away"),
    );
  }

  /** Nothing of the container is left when it returns. Codex may finish its turns within `drainMs`. */
  async #stop(folders: AccountFolders, accountId: string, drainMs: number, options: { keepLog?: boolean } = {}): Promise<void> {
    this.#running.delete(accountId);
    const record = readContainerRecord(folders.record);
    if (record === null) return;
    if (record.codex !== null && drainMs > 0 && isMarkAlive(record.codex)) {
      signal(record.codex, "SIGTERM");
      await untilGone([record.codex, record.root], drainMs);
    }
    // Below the root there is one process, and everything else ends with it.
    const marks = [record.root, ...childrenOf(record.root.pid), ...(record.codex ? [record.codex] : [])];
    signal(record.root, "SIGKILL");
    if (!(await untilGone(marks, KILL_MS_MAX))) {
      throw new ContainerError("failed", `Its container does not end: process ${record.root.pid} is still there after SIGKILL.`);
    }
    await this.#launcher.leave(accountId);
    await removeCgroups(record.cgroups);
    rmSync(folders.sockets, { recursive: true, force: true });
    if (!options.keepLog) rmSync(folders.errorLog, { force: true });
    removeContainerRecord(folders.record);
  }

  #look(): void {
    for (const [accountId, { record, folders, oomKills, code }] of this.#running) {
      if (isRunning(record)) {
        boundErrorLog(folders.errorLog);
        continue;
      }
      this.#running.delete(accountId);
      const counted = countOomKills(record.cgroups);
      const oom = counted === null ? code === KILLED || OUT_OF_MEMORY.test(lastWords(folders.errorLog)) : counted > oomKills;
      for (const tell of this.#listeners) tell({ accountId, state: "exited", code, oom });
    }
  }

  #keepWatch(record: ContainerRecord, folders: AccountFolders): void {
    const watched = this.#running.get(record.accountId);
    if (watched?.record.root.birth === record.root.birth) watched.record = record;
    else this.#running.set(record.accountId, { record, folders, oomKills: countOomKills(record.cgroups) ?? 0, code: null });
  }

  #refOf(accountId: string, record: ContainerRecord | null): ContainerRef {
    const codex = record?.codex;
    return {
      accountId,
      driver: this.kind,
      host: hostname(),
      name: `codex-${accountId}`,
      instance: codex ? `${codex.pid} ${codex.birth}` : "",
      imageDigest: null,
      binaryDigest: record?.binaryDigest ?? "",
      resumed: false,
    };
  }

  #foldersOf(accountId: string): AccountFolders {
    return accountFolders(this.#dataDir, accountId);
  }

  #inLine<T>(accountId: string, work: (folders: AccountFolders) => Promise<T>): Promise<T> {
    const folders = this.#foldersOf(accountId);
    const locked = async () => {
      mkdirSync(runsFolder(this.#dataDir), { recursive: true, mode: 0o700 });
      const lock = await waitForFileLock(folders.lock, LOCK_MS_MAX);
      try {
        return await work(folders);
      } finally {
        lock.release();
      }
    };
    const next = (this.#lines.get(accountId) ?? Promise.resolve()).then(locked);
    const settled = next.catch(() => undefined);
    this.#lines.set(accountId, settled);
    void settled.then(() => {
      if (this.#lines.get(accountId) === settled) this.#lines.delete(accountId);
    });
    return next;
  }
}

/** Who holds an older lease than the one under which it was last driven has lost it. */
function requireFence(record: ContainerRecord | null, fence: number | undefined): void {
  if (record === null || fence === undefined || record.fence <= fence) return;
  throw new ContainerError("failed", "Its container is driven under a newer lease.");
}

/** Its root lives exactly as long as its Codex. */
function isRunning({ root }: ContainerRecord): boolean {
  return isMarkAlive(root);
}

function prepareRun(folders: AccountFolders): void {
  mkdirSync(folders.run, { recursive: true, mode: 0o700 });
  rmSync(folders.sockets, { recursive: true, force: true });
  mkdirSync(folders.sockets, { mode: 0o700 });
}

async function connected(open: () => Promise<Duplex>, abort?: AbortSignal): Promise<Duplex> {
  abort?.throwIfAborted();
  const socket = await open();
  const end = () => socket.destroy(new Error("not wanted any more"));
  abort?.addEventListener("abort", end, { once: true });
  try {
    await once(socket, "connect");
    return socket;
  } finally {
    abort?.removeEventListener("abort", end);
  }
}

/** False: not before the signal. */
async function untilAnswering(open: () => Promise<Duplex>, abort: AbortSignal): Promise<boolean> {
  while (!abort.aborted) {
    const socket = await connected(open, abort).catch(() => null);
    if (socket !== null) {
      socket.on("error", () => undefined);
      socket.destroy();
      return true;
    }
    await delay(POLL_MS);
  }
  return false;
}

async function withSpaceErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
    throw new ContainerError("no_space", "The disk of the homes is full.", { cause });
  }
}

function startError(cause: unknown, said: string): ContainerError {
  if (cause instanceof ContainerError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  if (/no space left on device|disk is full|database or disk is full/i.test(said)) {
    return new ContainerError("no_space", `The disk or the home is full: ${said}`, { cause });
  }
  return new ContainerError("failed", said === "" ? `Codex did not start: ${why}.` : `Codex did not start: ${why}. It said: ${said}`, {
    cause,
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
