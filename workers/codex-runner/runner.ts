import { setTimeout as delay } from "node:timers/promises";
import { beatRunner, drainRunner, endRunner, recordDriver, registerRunner, RUNNER_BEAT_MAX_MS } from "@/lib/codex/runners";
import { type LeasedAccount, releaseLease, renewLeases, takeLease } from "@/lib/codex/leases";
import { newId } from "@/lib/ids/ids";
import type { AccountAct } from "@/lib/turns/runner-protocol";
import { AccountDesk } from "@/workers/codex-runner/account-desk";
import type { ContainerChange, ContainerDriver, Isolation } from "@/workers/codex-runner/containers/container-driver";
import { LeaseClock } from "@/workers/codex-runner/lease-clock";
import { readStandings } from "@/lib/codex/read-standings";
import { Draining, LANES_PAUSED, LeaseLost, Moved, NotTheirs } from "@/workers/codex-runner/lease-errors";
import { reconcile } from "@/workers/codex-runner/reconcile";
import type { TurnToRun } from "@/workers/codex-runner/run-turn";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";
import { declined } from "@/workers/codex-runner/standing-decline";

export const ACCOUNT_ACTS = ["sign-in", "cancel-sign-in", "sign-out", "check-now", "restart", "remove"] as const;
export type AccountActName = (typeof ACCOUNT_ACTS)[number];

/** Of the lease: two heartbeats may be lost before it runs out. */
const BEATS_PER_LEASE = 3;

/**
 * One process that drives containers. It leases accounts as they are asked for, keeps the leases alive, and gives them back when it
 * ends. What it believes is bounded twice: by the database, which refuses late writes, and by its own clock, which stops it before
 * the database would say so.
 */
export class Runner {
  #id: string;
  readonly #desks = new Map<string, AccountDesk>();
  readonly #taking = new Map<string, Promise<AccountDesk>>();
  readonly #leases: LeaseClock;
  /** Nothing new from here on; what is held is still kept alive. */
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  readonly #loops: Promise<void>[] = [];
  #unwatch: () => void = () => undefined;
  #lanesOn = true;

  constructor(
    private readonly deps: RunnerDeps,
    private place: { address: string; isolation: Isolation },
  ) {
    this.#id = newId("run");
    this.#leases = new LeaseClock(deps.settings.leaseS * 1000, () => this.#loseAll("the leases ran out before they could be renewed"));
  }

  get id(): string {
    return this.#id;
  }

  get isDraining(): boolean {
    return this.#stopping.signal.aborted;
  }

  async start(): Promise<void> {
    await this.#register();
    await this.#beat();
    this.#watch();
    await this.#reconcile();
    const beatMs = Math.min((this.deps.settings.leaseS * 1000) / BEATS_PER_LEASE, RUNNER_BEAT_MAX_MS);
    const { reconcileMs } = this.deps.settings.timings;
    this.#loops.push(this.#every(beatMs, this.#ended.signal, () => this.#beat()));
    this.#loops.push(this.#every(reconcileMs, this.#stopping.signal, () => this.#reconcile()));
  }

  /** In the place of one that could not work. */
  async useDriver(driver: ContainerDriver, isolation: Isolation): Promise<void> {
    this.#unwatch();
    this.deps.driver = driver;
    this.place = { ...this.place, isolation };
    this.#watch();
    await recordDriver(this.deps.sql, { id: this.#id, driver: driver.kind, isolation });
  }

  /** Throws what `AccountDesk.serveTurn` throws. */
  async serveTurn(turn: TurnToRun): Promise<void> {
    const { accountId, userId } = turn.ticket;
    if (!this.#lanesOn) {
      return turn.sink.frame(declined("lost", "paused_by_operator", LANES_PAUSED));
    }
    const desk = await this.deskOf(accountId, userId);
    try {
      return await desk.serveTurn(turn);
    } catch (error) {
      // The database says that it is not ours any more: whoever asks again finds whose it is.
      if (error instanceof Moved) this.#drop(desk);
      throw error;
    }
  }

  async act(name: AccountActName, accountId: string, act: AccountAct): Promise<void> {
    if (!this.#lanesOn && (name === "check-now" || name === "restart")) return;
    const desk = await this.deskOf(accountId, act.userId);
    switch (name) {
      case "sign-in":
        return this.#signIn(desk);
      case "cancel-sign-in":
        return desk.cancelSignIn();
      case "sign-out":
        return desk.signOut();
      case "check-now":
        await desk.checkNow();
        return;
      case "restart":
        return desk.restart();
      case "remove":
        await desk.remove();
        this.#desks.delete(accountId);
    }
  }

  /** The desk of an account that this runner holds, or can take. Throws `NotTheirs`, `Moved` or `Draining`. */
  async deskOf(accountId: string, userId: string): Promise<AccountDesk> {
    const desk = await this.take(accountId);
    if (desk.userId !== userId) throw new NotTheirs();
    return desk;
  }

  heldDesk(accountId: string): AccountDesk | null {
    return (this.#leases.isValid && this.#desks.get(accountId)) || null;
  }

  desks(): AccountDesk[] {
    return [...this.#desks.values()];
  }

  /** At one time it is asked for once, however many want it. */
  take(accountId: string): Promise<AccountDesk> {
    const held = this.heldDesk(accountId);
    if (held) return Promise.resolve(held);
    const known = this.#taking.get(accountId);
    if (known) return known;
    const taking = this.#take(accountId).finally(() => this.#taking.delete(accountId));
    this.#taking.set(accountId, taking);
    return taking;
  }

  /** Turns that run may end within `drainMs`; then everything is given back. */
  async stop(options: { drainMs: number; containers: "leave" | "stop" }): Promise<void> {
    this.#stopping.abort();
    await drainRunner(this.deps.sql, this.#id).catch((error: unknown) => this.#warn(error, "draining is not known to the database"));
    await Promise.all(
      this.desks().map(async (desk) => {
        await desk.drain(options.drainMs);
        try {
          if (options.containers === "stop") await desk.stopContainer();
        } catch (error) {
          if (!(error instanceof LeaseLost)) this.#warn(error, "a container was not stopped");
        }
        await this.#giveBack(desk);
      }),
    );
    this.#unwatch();
    if (options.containers === "stop") await this.#stopStrays();
    this.#ended.abort();
    this.#leases.stop();
    await Promise.all(this.#loops);
    await endRunner(this.deps.sql, this.#id).catch((error: unknown) => this.#warn(error, "the end of this runner was not written"));
  }

  /** What a predecessor that was killed has left behind: nobody would come for it. Other runners keep theirs. */
  async #stopStrays(): Promise<void> {
    const { driver, settings, sql } = this.deps;
    const list = async () => {
      const found = await driver.list();
      const standings = await readStandings(sql, { host: settings.host, found: found.map(({ accountId }) => accountId) });
      const driven = new Set(standings.filter(({ leasedBy }) => leasedBy !== null).map(({ accountId }) => accountId));
      return found.filter(({ accountId, state }) => state === "running" && !driven.has(accountId));
    };
    const strays = await list().catch((error: unknown) => this.#warn(error, "containers could not be listed"));
    await Promise.all(
      (strays ?? []).map(async ({ ref }) => {
        await driver.stop(ref, settings.timings.drainMs).catch((error: unknown) => this.#warn(error, "a container was not stopped"));
      }),
    );
  }

  #signIn(desk: AccountDesk): Promise<void> {
    return this.#lanesOn ? desk.beginSignIn() : desk.refuseSignIn(LANES_PAUSED);
  }

  async #take(accountId: string): Promise<AccountDesk> {
    if (this.isDraining) throw new Draining();
    const { host, leaseS } = this.deps.settings;
    const renewed = this.#leases.renewing();
    const answer = await takeLease(this.deps.sql, { accountId, runnerId: this.#id, host, ttlS: leaseS });
    switch (answer.kind) {
      case "taken":
        // The first lease starts the clock; a later one must not prolong what the others have.
        if (this.#desks.size === 0) renewed();
        return this.#sitDown(answer);
      case "held":
        throw new Moved(answer.address);
      case "elsewhere":
      case "refused":
        throw new Moved(null);
      case "none":
        throw new NotTheirs();
    }
  }

  #sitDown(account: LeasedAccount): AccountDesk {
    const desk = new AccountDesk(this.deps, { ...account, runnerId: this.#id }, (lost) => this.#drop(lost));
    this.#desks.get(account.accountId)?.letGo();
    this.#desks.set(account.accountId, desk);
    return desk;
  }

  #drop(desk: AccountDesk): void {
    desk.letGo();
    if (this.#desks.get(desk.accountId) === desk) this.#desks.delete(desk.accountId);
  }

  #loseAll(why: string): void {
    if (this.#desks.size > 0) this.deps.log.warn({ accounts: this.#desks.size }, why);
    for (const desk of this.desks()) this.#drop(desk);
  }

  async #giveBack(desk: AccountDesk): Promise<void> {
    const { accountId, fence } = desk;
    this.#drop(desk);
    await releaseLease(this.deps.sql, { accountId, runnerId: this.#id, fence }).catch((error: unknown) =>
      this.#warn(error, "a lease was not given back"),
    );
  }

  #watch(): void {
    this.#unwatch = this.deps.driver.watch((change) => void this.#noteChange(change));
  }

  async #register(): Promise<void> {
    const { driver, settings } = this.deps;
    await registerRunner(this.deps.sql, { id: this.#id, host: settings.host, driver: driver.kind, ...this.place });
  }

  async #beat(): Promise<void> {
    const renewed = this.#leases.renewing();
    if (!(await beatRunner(this.deps.sql, this.#id))) {
      // Somebody took this process for dead and has ended it: whatever it held is not its own any more.
      this.#loseAll("this runner was taken for dead; it begins anew");
      this.#id = newId("run");
      await this.#register();
    }
    // One that is taken while the answer is on its way is not in it.
    const asked = this.desks();
    const held = await renewLeases(this.deps.sql, {
      runnerId: this.#id,
      ttlS: this.deps.settings.leaseS,
      lines: asked.map((desk) => desk.lineLength),
    });
    renewed();
    for (const desk of asked) {
      if (!held.some(({ accountId, fence }) => accountId === desk.accountId && fence === desk.fence)) this.#drop(desk);
    }
    await this.#followSwitch();
  }

  async #followSwitch(): Promise<void> {
    const lanesOn = await this.deps.areLanesOn();
    const wasOn = this.#lanesOn;
    this.#lanesOn = lanesOn;
    if (lanesOn) return;
    if (wasOn) this.deps.log.warn("the operator has paused all ChatGPT lanes: containers are stopped");
    // Again at every look: one may have been on its way, or not have stopped.
    for (const desk of this.desks().filter(({ isUp }) => isUp))
      desk.pause().catch((error: unknown) => this.#warn(error, "a container was not stopped"));
  }

  async #reconcile(): Promise<void> {
    await reconcile(this.deps, {
      runnerId: this.#id,
      lanesOn: this.#lanesOn,
      take: (accountId) => this.take(accountId),
      signIn: (desk) => this.#signIn(desk),
    });
    for (const desk of this.desks()) {
      await desk.watchHome().catch((error: unknown) => {
        if (!(error instanceof LeaseLost)) this.#warn(error, "the size of a home is not known");
      });
    }
  }

  async #noteChange(change: ContainerChange): Promise<void> {
    try {
      await this.heldDesk(change.accountId)?.noteChange(change);
    } catch (error) {
      if (!(error instanceof LeaseLost)) this.#warn(error, "a change of a container was not written");
    }
  }

  async #every(ms: number, until: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (;;) {
      await delay(ms, undefined, { signal: until }).catch(() => undefined);
      if (until.aborted) return;
      await work().catch((error: unknown) => this.#warn(error, "a round of the runner failed"));
    }
  }

  #warn(error: unknown, message: string): void {
    this.deps.log.warn({ err: error }, message);
  }
}
