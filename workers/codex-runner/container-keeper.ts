import { z } from "zod";
import { type LeasedAccount, readLeased } from "@/lib/codex/leases";
import type { AccountBooks } from "@/workers/codex-runner/account-books";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import { type ContainerLife, lifeAfter, type LifeEvent, newLife } from "@/workers/codex-runner/container-life";
import {
  type AccountContainer,
  type ContainerChange,
  ContainerError,
  type ContainerRef,
  type RunningCommand,
} from "@/workers/codex-runner/containers/container-driver";
import { ContainerDown, LANES_PAUSED, LeaseLost, SignedOut } from "@/workers/codex-runner/lease-errors";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";
import { within } from "@/workers/codex-runner/within";

/** What an account's row says about who must be signed in, against who is: decided by the desk at every start. */
export type StartVerdict = { kind: "ok" } | { kind: "signed_out"; message: string; wipe: boolean };

const refSchema = z.object({
  accountId: z.string(),
  driver: z.enum(["bubblewrap", "process", "docker", "kubernetes"]),
  host: z.string(),
  name: z.string(),
  instance: z.string(),
  imageDigest: z.string().nullable(),
  binaryDigest: z.string(),
  resumed: z.boolean(),
}) satisfies z.ZodType<ContainerRef>;

/**
 * The container of one account and the connection to it. Starts, stops and wipes come one after the other, each under the lease;
 * a start that is under way is everybody's. What runs already, from this runner or a dead one, is resumed.
 */
export class ContainerKeeper {
  #life: ContainerLife;
  #ref: ContainerRef | null;
  #server: AppServer | null = null;
  #opening: Promise<AppServer> | null = null;
  /** The last of starts, stops and wipes. */
  #last: Promise<unknown> = Promise.resolve();
  #codexVersion: string | null;
  /** Its end is no news. */
  #endedByUs: boolean;
  /** The sign-in inside has been compared with the row since this lease began. */
  #judged = false;

  constructor(
    private readonly deps: RunnerDeps,
    account: LeasedAccount,
    private readonly books: AccountBooks,
    /** Of the lease. */
    private readonly signal: AbortSignal,
    private readonly judgeStart: (server: AppServer, account: LeasedAccount) => Promise<StartVerdict>,
  ) {
    this.#life = newLife(account.containerState, this.#nowMs());
    this.#ref = refSchema.nullable().catch(null).parse(account.container);
    this.#codexVersion = account.codexVersion;
    this.#endedByUs = this.#life.state !== "running";
    signal.addEventListener("abort", () => this.#disconnect(), { once: true });
  }

  get life(): ContainerLife {
    return this.#life;
  }

  /** Throws `ContainerDown` with words for the owner, `SignedOut`, or `LeaseLost`. */
  open(): Promise<AppServer> {
    if (this.#server) return Promise.resolve(this.#server);
    this.#opening ??= this.#inOrder(() => this.#start()).finally(() => {
      this.#opening = null;
    });
    const { startMs } = this.deps.settings.timings;
    return within(
      this.#opening,
      startMs,
      () => new ContainerDown("slow", `Its container did not come up within ${startMs / 1000} seconds.`, null),
    );
  }

  /**
   * Runs one command of the CLI on the home, with app-server stopped for as long: whoever wants to start, stop or wipe meanwhile waits
   * until nothing of the command is left. Throws as `open` does.
   */
  command(args: readonly string[], stdin: string): Promise<RunningCommand> {
    return new Promise((resolve, reject) => {
      this.#inOrder(async () => {
        const command = await this.#startCommand(args, stdin);
        resolve(command);
        await command.exit;
        if (this.signal.aborted) return;
        this.#turn({ kind: "stopped" });
        await this.books.container({ state: "stopped", reason: null });
      }).catch((error: unknown) => {
        reject(error);
        if (!(error instanceof LeaseLost)) this.deps.log.debug({ err: error }, "a command of the CLI did not start or end cleanly");
      });
    });
  }

  /**
   * Running turns may still end within `drainMs`; whoever comes meanwhile waits for the next start. Nothing to do when it is not there.
   * `unless` is asked when its turn has come: true leaves everything as it is. Returns whether it was left so.
   */
  stop(drainMs: number, unless: () => boolean = () => false): Promise<"stopped" | "left"> {
    return this.#inOrder(async () => {
      if (unless()) return "left";
      await this.#stop(drainMs);
      return "stopped";
    });
  }

  /** The container and its home are gone, with the sign-in in it. `found`: one that the database has forgotten. */
  wipe(found: ContainerRef | null = null): Promise<void> {
    return this.#inOrder(() => this.#wipe(found));
  }

  /** Null: there is none, or it cannot be told. */
  async measureHome(): Promise<number | null> {
    if (this.#ref === null || this.#life.state === "none") return null;
    const bytes = await this.deps.driver.measureHome(this.#ref).catch(() => null);
    if (bytes !== null) await this.books.homeBytes(bytes);
    return bytes;
  }

  /** The connection tells by itself that a container died; the driver adds why. Nothing new about one that we have ended ourselves. */
  noteChange(change: ContainerChange): Promise<void> {
    return this.#inOrder(async () => {
      if (change.state === "running" || this.#endedByUs) return;
      const message = deathOf(change, this.deps.settings.limits.memoryMiB);
      if (this.#server === null) {
        this.#turn({ kind: "gone", message });
        await this.books.container({ state: "stopped", reason: message });
      }
      await this.books.event("container_stopped", message);
    });
  }

  async #start(): Promise<AppServer> {
    if (this.#server) return this.#server;
    const account = await this.#mayStart();
    if (this.#life.state !== "running") await this.books.container({ state: "starting", reason: null });
    this.#turn({ kind: "starting" });
    let server: AppServer;
    try {
      server = await this.#bringUp(account);
    } catch (cause) {
      if (cause instanceof LeaseLost) throw cause;
      throw await this.#failed(cause);
    }
    // Nobody gets a connection before it is known who is signed in behind it.
    const verdict = await this.#judge(server, account);
    this.#judged = verdict.kind === "ok";
    if (verdict.kind === "ok") {
      this.#keep(server);
      await this.books.containerUp();
      return server;
    }
    server.close();
    if (verdict.wipe) await this.#wipe();
    throw new SignedOut(verdict.message);
  }

  async #judge(server: AppServer, account: LeasedAccount): Promise<StartVerdict> {
    try {
      return await this.judgeStart(server, account);
    } catch (cause) {
      server.close();
      if (cause instanceof LeaseLost) throw cause;
      this.deps.log.warn({ err: cause, accountId: account.accountId }, "who is signed in to a container could not be told");
      throw new ContainerDown("unjudged", "OpenAI did not say who is signed in to its container. Try again in a moment.", null, { cause });
    }
  }

  /** Whoever has lost the lease touches nothing any more: what runs may be the next runner's by now. */
  async #requireLease(): Promise<LeasedAccount> {
    const account = this.signal.aborted ? null : await readLeased(this.deps.sql, this.books.proof);
    if (account === null || this.signal.aborted) throw new LeaseLost(this.books.proof.accountId);
    return account;
  }

  async #mayStart(): Promise<LeasedAccount> {
    const { retryAtMs, message } = this.#life;
    if (retryAtMs > this.#nowMs()) {
      throw new ContainerDown("held_back", message ?? "Its container keeps failing.", new Date(retryAtMs));
    }
    const account = await this.#requireLease();
    // An end may still be told to OpenAI; nothing else starts while the lanes are switched off.
    if (account.state !== "removing" && account.state !== "signed_out" && !(await this.deps.areLanesOn())) {
      throw new ContainerDown("paused_by_operator", LANES_PAUSED, null);
    }
    return account;
  }

  async #bringUp(account: LeasedAccount): Promise<AppServer> {
    const { driver, engine, settings } = this.deps;
    this.#requireHome();
    const container = await this.#containerOf(account);
    if (this.#ref !== null && this.#codexVersion !== null && this.#codexVersion !== container.codexVersion) {
      await driver.stop(this.#ref, settings.timings.drainMs);
    }
    const ref = await driver.ensure(container);
    if (this.signal.aborted) throw new LeaseLost(account.accountId);
    this.#ref = ref;
    this.#codexVersion = container.codexVersion;
    const server = await engine.open(await driver.connect(ref, this.signal), this.signal);
    this.#endedByUs = false;
    this.#turn({ kind: "up" });
    await this.#recordUp(ref);
    if (!ref.resumed) await this.books.event("container_started", `Codex ${container.codexVersion}, ${ref.driver}`);
    return server;
  }

  async #startCommand(args: readonly string[], stdin: string): Promise<RunningCommand> {
    const { driver, settings } = this.deps;
    // Only app-server says who is signed in. The sign-in changes through app-server alone, so once per lease is enough.
    if (!this.#judged) await this.#start();
    if (this.#life.state === "running") await this.#stop(settings.timings.drainMs);
    const account = await this.#mayStart();
    await this.books.container({ state: "starting", reason: null });
    this.#turn({ kind: "starting" });
    let command: RunningCommand;
    try {
      this.#requireHome();
      if (driver.run === undefined) throw new ContainerError("driver_missing", `The driver ${driver.kind} cannot run codex exec.`);
      const container = await this.#containerOf(account);
      command = await driver.run({ ...container, args, stdin });
      this.#codexVersion = container.codexVersion;
    } catch (cause) {
      throw await this.#failed(cause);
    }
    this.#ref = command.ref;
    this.#turn({ kind: "up" });
    try {
      await this.#recordUp(command.ref);
    } catch (error) {
      command.kill();
      throw error;
    }
    return command;
  }

  async #containerOf(account: LeasedAccount): Promise<AccountContainer> {
    const { engine, settings } = this.deps;
    const cli = await this.deps.cliOf(account.codexVersionCanary ?? settings.codexVersion);
    return {
      accountId: account.accountId,
      fence: account.fence,
      codexVersion: cli.version,
      vendorDir: cli.vendorDir,
      ...(await engine.setup(cli)),
      caPem: settings.caPem,
      limits: settings.limits,
      host: this.#ref?.host ?? null,
    };
  }

  #recordUp(ref: ContainerRef): Promise<void> {
    const { driver, binaryDigest, imageDigest } = ref;
    const codexVersion = this.#codexVersion ?? undefined;
    return this.books.container({ state: "running", reason: null, container: { ...ref }, driver, codexVersion, binaryDigest, imageDigest });
  }

  async #stop(drainMs: number): Promise<void> {
    if (this.#ref === null || this.#life.state === "none") return;
    await this.#requireLease();
    this.#requireHome();
    this.#endedByUs = true;
    // Turns that run keep their connection to the end; a new one waits for the next start.
    const server = this.#server;
    this.#server = null;
    await this.deps.driver.stop(this.#ref, drainMs, this.books.proof.fence);
    server?.close();
    this.#turn({ kind: "stopped" });
    await this.books.container({ state: "stopped", reason: null });
    await this.books.event("container_stopped", null);
  }

  #keep(server: AppServer): void {
    this.#server = server;
    void server.closed.then((error) => {
      if (this.#server !== server) return;
      this.#server = null;
      if (error) this.#turn({ kind: "gone", message: "Its container died or lost its connection." });
    });
  }

  async #failed(cause: unknown): Promise<ContainerDown> {
    this.#disconnect();
    const reason = cause instanceof ContainerError ? cause.reason : "failed";
    const message = ownersWords(reason, cause);
    this.#turn({ kind: "failed", message });
    this.deps.log.warn({ err: cause, accountId: this.books.proof.accountId, reason }, "container does not come up");
    await this.books.containerFailed(reason, message);
    const retryAt = this.#life.retryAtMs > this.#nowMs() ? new Date(this.#life.retryAtMs) : null;
    return new ContainerDown(reason, message, retryAt, { cause });
  }

  async #wipe(found: ContainerRef | null = null): Promise<void> {
    await this.#requireLease();
    this.#requireHome();
    this.#endedByUs = true;
    this.#disconnect();
    const ref = this.#ref ?? found;
    if (ref !== null) await this.deps.driver.destroy(ref, { deleteHome: true, fence: this.books.proof.fence });
    this.#ref = null;
    this.#codexVersion = null;
    this.#judged = false;
    this.#turn({ kind: "wiped" });
    await this.books.noContainer();
  }

  /** The home is with the driver that made it; another one would only make a second, empty home of the same account. */
  #requireHome(): void {
    const [has, made] = [this.deps.driver.kind, this.#ref?.driver ?? this.deps.driver.kind];
    if (has === made || (isLocal(has) && isLocal(made))) return;
    throw new ContainerError("driver_missing", `its home is with the driver ${made}, and CODEX_DRIVER is ${has} now.`);
  }

  #disconnect(): void {
    const server = this.#server;
    this.#server = null;
    server?.close();
  }

  #turn(event: LifeEvent): void {
    this.#life = lifeAfter(this.#life, event, this.#nowMs());
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => undefined);
    return next;
  }

  #nowMs(): number {
    return this.deps.clock.now().getTime();
  }
}

/** Both keep their homes in the same folders. */
function isLocal(kind: ContainerRef["driver"]): boolean {
  return kind === "bubblewrap" || kind === "process";
}

function ownersWords(reason: ContainerError["reason"], cause: unknown): string {
  const said = cause instanceof Error ? cause.message : String(cause);
  switch (reason) {
    case "driver_missing":
      return `The operator's machine cannot start containers now: ${said}`;
    case "no_space":
      return `There is no space left for its container: ${said}`;
    case "unreachable":
      return `The machine of its container does not answer: ${said}`;
    case "failed":
      return `Its container did not come up: ${said}`;
  }
}

function deathOf(change: ContainerChange, memoryMiB: number): string {
  if (change.oom) return `Its container ran out of memory (${memoryMiB} MiB); it starts again with the next request.`;
  if (change.state === "lost") return "The machine of its container is out of reach.";
  return `Its container ended${change.code === null ? "" : ` with code ${change.code}`}; it starts again with the next request.`;
}
