import { randomUUID } from "node:crypto";
import { endSignIn } from "@/lib/codex/end-sign-in";
import { type LeasedAccount, readLeased, type TurnLineLength } from "@/lib/codex/leases";
import { runningSignIn, signInsAhead } from "@/lib/codex/running-sign-in";
import { readTurnStanding, type TurnStanding } from "@/lib/codex/turn-standing";
import { AppError } from "@/lib/errors/app-error";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { TurnTicket } from "@/lib/turns/runner-protocol";
import { AccountBooks } from "@/workers/codex-runner/account-books";
import { logout, readAccount, readLimits } from "@/workers/codex-runner/app-server/account";
import { ContainerKeeper } from "@/workers/codex-runner/container-keeper";
import type { ContainerChange, ContainerRef } from "@/workers/codex-runner/containers/container-driver";
import { judgeStart } from "@/workers/codex-runner/judge-start";
import { ContainerDown, Draining, LeaseLost, Moved, NotTheirs, SignedOut } from "@/workers/codex-runner/lease-errors";
import { runTurn, type TurnToRun } from "@/workers/codex-runner/run-turn";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";
import { settleIdentity, signIn, type SignInResult } from "@/workers/codex-runner/sign-in";
import { declined, standingDecline } from "@/workers/codex-runner/standing-decline";
import { TurnDoor } from "@/workers/codex-runner/turn-door";

const SIGN_INS_PER_HOST_MAX = 32;
/** A window is looked at a little after its reset: OpenAI's clock is not ours. */
const RESET_MARGIN_MS = 1_000;
const TIMER_MS_MAX = 2 ** 31 - 1;
const MIB = 1024 * 1024;

const TOO_LATE = new AppError("upstream_unavailable", "The answer did not come in time. Try again.");
const OUT_OF_SERVICE = new AppError("upstream_unavailable", "The ChatGPT account of this lane was taken out of service. Try again.");

/**
 * Everything that happens to one ChatGPT account while this runner holds its lease: its line, its turns, its sign-in, its container.
 * Loses all of it at once with `letGo`; the container lives on for whoever comes next.
 */
export class AccountDesk {
  readonly accountId: string;
  readonly userId: string;
  readonly #books: AccountBooks;
  readonly #keeper: ContainerKeeper;
  readonly #door: TurnDoor;
  readonly #lease = new AbortController();
  /** Of everybody who stands in line: they find the next runner. */
  readonly #line = new AbortController();
  /** Of the turns that run and wait: replaced when they are ended for a reason that passes. */
  #turns = new AbortController();
  #signIn: { id: string; giveUp: AbortController; done: Promise<void> } | null = null;
  /** The wipe of a home that nobody is meant to be signed in to. */
  #clearing: Promise<void> | null = null;
  /** Reports are written one after the other, in the order in which they came. */
  #reports: Promise<void> = Promise.resolve();
  #idleTimer: NodeJS.Timeout | null = null;
  #resetTimer: NodeJS.Timeout | null = null;
  #restartedAtMs = 0;
  #homeLookedAtMs = 0;
  #homeRecycled = false;
  #turnEnded: () => void = () => undefined;

  constructor(
    private readonly deps: RunnerDeps,
    account: LeasedAccount & { runnerId: string },
    onLost: (desk: AccountDesk) => void,
  ) {
    this.accountId = account.accountId;
    this.userId = account.userId;
    const { accountId, runnerId, fence } = account;
    this.#books = new AccountBooks(deps.sql, { accountId, runnerId, fence }, () => onLost(this));
    this.#keeper = new ContainerKeeper(deps, account, this.#books, this.#lease.signal, (server, leased) =>
      judgeStart(deps, this.#books, { server, account: leased }),
    );
    this.#door = new TurnDoor({ waitingMax: deps.settings.queueMax, runningMax: this.#runningMax(account.turnsMax) });
  }

  get fence(): number {
    return this.#books.proof.fence;
  }

  get lineLength(): TurnLineLength {
    return { accountId: this.accountId, running: this.#door.runningCount, waiting: this.#door.waitingCount };
  }

  /** There is a container that runs, as far as is known. */
  get isUp(): boolean {
    return this.#keeper.life.state === "running" || this.#keeper.life.state === "starting";
  }

  get isBusy(): boolean {
    return this.#door.runningCount + this.#door.waitingCount > 0 || this.#signIn !== null;
  }

  /** Throws `NotTheirs`, `Moved`, `Draining`, `LeaseLost`, or `TurnCut` from `run-turn`; everything else is told in frames. */
  async serveTurn(turn: TurnToRun): Promise<void> {
    const { ticket, sink } = turn;
    const startedMs = performance.now();
    const standing = await this.#standingOf(ticket);
    const refusal = standingDecline(standing, this.deps.clock.now());
    if (refusal) return sink.frame(refusal);
    this.#door.setRunningMax(this.#runningMax(standing.turnsMax));

    const turnId = randomUUID();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(TOO_LATE), ticket.deadlineMs);
    const turns = this.#turns.signal;
    const signal = AbortSignal.any([turn.signal, deadline.signal, turns, this.#lease.signal]);
    const admission = await this.#door.enter({
      turnId,
      keyId: ticket.keyId,
      queueMs: ticket.queueMs,
      signal: AbortSignal.any([signal, this.#line.signal]),
      onPlace: (place) => void sink.frame({ kind: "queued", place }).catch(() => undefined),
    });
    const queuedMs = Math.round(performance.now() - startedMs);
    let answered = false;
    try {
      if (admission === "full") return await sink.frame(declined("busy", "queue_full", "The line of this ChatGPT account is full."));
      if (admission === "late") {
        return await sink.frame(declined("busy", "queue_deadline", "Its turn did not come in time in the line of this ChatGPT account."));
      }
      if (admission === "in") {
        this.#stopIdling();
        await sink.frame({ kind: "running", queuedMs });
        answered = await runTurn(this.#turnDesk(), { ...turn, signal });
      }
    } finally {
      clearTimeout(timer);
      this.#door.leave(turnId);
      this.#turnEnded();
      this.#startIdling();
    }
    if (this.#lease.signal.aborted) throw new LeaseLost(this.accountId);
    if (admission === "left" && this.#line.signal.aborted) throw new Draining();
    // An answer that had begun was ended by the engine, in words.
    if (answered || turn.signal.aborted) return;
    if (turns.aborted) return sink.frame(declined("lost", "out_of_service", OUT_OF_SERVICE.message));
    if (deadline.signal.aborted) return sink.frame(declined("busy", "deadline", TOO_LATE.message));
  }

  /** Returns when the code is on its way; the rest is told in the database. */
  async beginSignIn(): Promise<void> {
    const id = (await runningSignIn(this.deps.sql, this.accountId))?.id;
    if (id === undefined) return;
    // Its owner and the reconciler may both ask: between the last look and the beginning nothing is waited for.
    while (this.#signIn !== null || this.#clearing !== null) {
      if (this.#signIn?.id === id) return;
      await this.cancelSignIn();
      // It begins in the home that comes after, not in the one that is being wiped.
      await this.#clearing?.catch(() => undefined);
    }
    const giveUp = new AbortController();
    this.#stopIdling();
    // What still runs belongs to the sign-in before.
    this.#endTurns();
    const done = this.#runSignIn(id, giveUp.signal).finally(() => {
      this.#signIn = null;
      this.#startIdling();
    });
    this.#signIn = { id, giveUp, done };
  }

  async refuseSignIn(message: string): Promise<void> {
    const running = await runningSignIn(this.deps.sql, this.accountId);
    if (running) await endSignIn(this.deps.sql, { signInId: running.id, state: "failed", message });
  }

  async cancelSignIn(): Promise<void> {
    const running = this.#signIn;
    running?.giveUp.abort();
    await running?.done;
  }

  /** The row first: a turn that meets the logout must not take it for OpenAI's. */
  async signOut(): Promise<void> {
    await this.cancelSignIn();
    await this.#books.signedOut("by_owner", "Signed out by its owner.");
    this.#endTurns();
    await this.#logoutAndWipe();
  }

  /** The home of an account that nobody is meant to be signed in to: whatever sign-in is in it goes. `found`: what the machine holds of it. */
  async clearOut(found: ContainerRef | null): Promise<void> {
    if (this.isBusy) return;
    const account = await readLeased(this.deps.sql, this.#books.proof);
    if ((account?.state !== "new" && account?.state !== "signed_out") || this.isBusy) return;
    this.#clearing ??= this.#logoutAndWipe(found).finally(() => {
      this.#clearing = null;
    });
    await this.#clearing;
  }

  /** Asks OpenAI for the windows now. False: nobody is there to ask. */
  async checkNow(): Promise<boolean> {
    if (!(await this.#shouldBeSignedIn())) return false;
    try {
      const server = await this.#keeper.open();
      if (!(await readAccount(server)).signedIn) {
        await this.#noteLostSignIn();
        return false;
      }
      const until = await this.#books.limits(await readLimits(server, this.deps.clock.now()), this.deps.clock.now());
      if (until) this.#expectNews(until);
      return true;
    } catch (error) {
      if (error instanceof ContainerDown || error instanceof SignedOut) return false;
      throw error;
    } finally {
      this.#startIdling();
    }
  }

  /** Of an account that is signed in, and not all the time: a start costs the machine something. */
  async restart(): Promise<void> {
    const nowMs = this.deps.clock.now().getTime();
    if (nowMs - this.#restartedAtMs < this.deps.settings.timings.restartPauseMs || !(await this.#shouldBeSignedIn())) return;
    this.#restartedAtMs = nowMs;
    await this.#keeper.stop(this.deps.settings.timings.drainMs);
    await this.#keeper.open().catch((error: unknown) => {
      if (!(error instanceof ContainerDown || error instanceof SignedOut)) throw error;
    });
    this.#startIdling();
  }

  /** The end of an account whose lane is gone: its home is wiped, and then it belongs to nobody. */
  async remove(): Promise<void> {
    await this.cancelSignIn();
    this.#endTurns();
    await this.#logoutAndWipe();
    await this.#books.removed();
    this.letGo();
  }

  /** Stops the container and ends what runs on it; for the operator's switch. */
  async pause(): Promise<void> {
    await this.cancelSignIn();
    this.#endTurns();
    await this.#keeper.stop(this.deps.settings.timings.drainMs);
  }

  /** A container of a former runner, or of none: what must be picked up again. */
  async adopt(laneUntil: Date | null): Promise<void> {
    if (laneUntil) this.expectReset(laneUntil);
    const orphan = await runningSignIn(this.deps.sql, this.accountId);
    if (orphan?.state === "waiting" && this.#signIn === null) await this.#finishOrphanedSignIn(orphan.id);
    this.#startIdling();
  }

  noteChange(change: ContainerChange): Promise<void> {
    return this.#keeper.noteChange(change);
  }

  /** Looks at the size of the home now and then, and recycles a container whose own databases have grown too large. */
  async watchHome(): Promise<void> {
    const nowMs = this.deps.clock.now().getTime();
    if (nowMs - this.#homeLookedAtMs < this.deps.settings.timings.homeLookMs || this.#keeper.life.state !== "running") return;
    const bytes = await this.#keeper.measureHome();
    const { homeMiB } = this.deps.settings.limits;
    const isTooLarge = bytes !== null && bytes > homeMiB * MIB;
    // A busy account may be idle only for moments: one that is too large is looked at again at the next reconciliation.
    if (isTooLarge && this.isBusy) return;
    this.#homeLookedAtMs = nowMs;
    if (!isTooLarge) {
      this.#homeRecycled = false;
      return;
    }
    // A stopped home loses its log database at the next start. Whoever has come meanwhile puts that off to the next look.
    if ((await this.#stopUnlessBusy()) === "left") {
      this.#homeLookedAtMs = 0;
      return;
    }
    const size = `${Math.round(bytes / MIB)} of ${homeMiB} MiB`;
    if (this.#homeRecycled) await this.#books.containerFailed("no_space", `Its home is full (${size}). Sign out and in again to empty it.`);
    else await this.#books.event("home_recycled", size);
    this.#homeRecycled = true;
  }

  /** Whoever waits is sent to the next runner; whoever runs has until `drainMs`. */
  async drain(drainMs: number): Promise<void> {
    this.#line.abort();
    if (this.#door.runningCount > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, drainMs);
        this.#turnEnded = () => {
          if (this.#door.runningCount === 0) resolve();
        };
      });
      clearTimeout(timer);
    }
    this.#signIn?.giveUp.abort(new LeaseLost(this.accountId));
  }

  async stopContainer(): Promise<void> {
    await this.#keeper.stop(this.deps.settings.timings.drainMs);
  }

  /** The lease is gone or given back: everything that runs here ends now, the container excepted. */
  letGo(): void {
    this.#lease.abort(new LeaseLost(this.accountId));
    this.#stopIdling();
    if (this.#resetTimer) clearTimeout(this.#resetTimer);
  }

  expectReset(until: Date): void {
    if (this.#resetTimer) clearTimeout(this.#resetTimer);
    if (this.#lease.signal.aborted) return;
    const waitMs = until.getTime() - this.deps.clock.now().getTime() + RESET_MARGIN_MS;
    this.#resetTimer = setTimeout(() => void this.#probe(), Math.min(Math.max(waitMs, RESET_MARGIN_MS), TIMER_MS_MAX));
    this.#resetTimer.unref();
  }

  /** Two commands on one home would use up its refresh token. */
  #runningMax(turnsMax: number): number {
    return this.deps.settings.engine === "exec" ? 1 : turnsMax;
  }

  /** At the reset; one that has passed, and still nothing is known to be open, is asked about again after a while. */
  #expectNews(until: Date): void {
    const now = this.deps.clock.now();
    this.expectReset(until > now ? until : this.#probeAgainAt());
  }

  #probeAgainAt(): Date {
    return new Date(this.deps.clock.now().getTime() + this.deps.settings.timings.probeAgainMs);
  }

  async #probe(): Promise<void> {
    this.#resetTimer = null;
    const again = this.#probeAgainAt();
    try {
      // What is still closed has set the next look already, if it knew when.
      if (!(await this.checkNow())) this.expectReset(again);
    } catch (error) {
      if (error instanceof LeaseLost) return;
      this.deps.log.warn({ err: error, accountId: this.accountId }, "a closed window cannot be looked at");
      this.expectReset(again);
    }
  }

  async #shouldBeSignedIn(): Promise<boolean> {
    const account = await readLeased(this.deps.sql, this.#books.proof);
    return account?.state === "signed_in" || account?.state === "lost";
  }

  async #noteLostSignIn(): Promise<void> {
    await this.#books.signedOut("by_openai", "OpenAI has ended the sign-in of this account. Sign in again.");
  }

  async #standingOf(ticket: TurnTicket): Promise<TurnStanding> {
    const { runnerId, fence } = this.#books.proof;
    const standing = await readTurnStanding(this.deps.sql, { ...ticket, runnerId, fence });
    if (standing === null) throw new NotTheirs();
    if (!standing.leaseHolds) throw new Moved(null);
    return standing;
  }

  #turnDesk() {
    return {
      deps: this.deps,
      books: this.#books,
      keeper: this.#keeper,
      reportLimits: (limits: ReportedLimits) => this.#report(limits),
      expectReset: (until: Date) => this.expectReset(until),
    };
  }

  #report(limits: ReportedLimits): void {
    const observedAt = this.deps.clock.now();
    this.#reports = this.#reports.then(async () => {
      try {
        const until = await this.#books.limits(limits, observedAt);
        if (until) this.#expectNews(until);
      } catch (error) {
        if (!(error instanceof LeaseLost)) this.deps.log.warn({ err: error, accountId: this.accountId }, "usage windows not written");
      }
    });
  }

  async #runSignIn(signInId: string, signal: AbortSignal): Promise<void> {
    const result = await this.#tryToSignIn(signInId, signal);
    // Whoever takes the lease next ends what was left open.
    if (this.#lease.signal.aborted || signal.reason instanceof LeaseLost) return;
    await endSignIn(this.deps.sql, { signInId, ...result }).catch((error: unknown) =>
      this.deps.log.warn({ err: error, signInId }, "the end of a sign-in was not written"),
    );
  }

  async #tryToSignIn(signInId: string, signal: AbortSignal): Promise<SignInResult> {
    if ((await signInsAhead(this.deps.sql, { host: this.deps.settings.host, signInId })) >= SIGN_INS_PER_HOST_MAX) {
      return { state: "failed", message: "Too many people are signing in at this moment. Try again in a few minutes." };
    }
    try {
      return await signIn(this.#signInDesk(), { signInId, signal: AbortSignal.any([signal, this.#lease.signal]) });
    } catch (error) {
      if (error instanceof ContainerDown) return { state: "failed", message: error.message };
      this.deps.log.warn({ err: error, signInId }, "sign-in failed");
      return { state: "failed", message: "OpenAI's sign-in could not be reached from the container. Try again in a few minutes." };
    }
  }

  /** Its runner died while the owner was at OpenAI: if they had approved it already, it counts; else its code is worth nothing. */
  async #finishOrphanedSignIn(signInId: string): Promise<void> {
    let result: SignInResult = { state: "failed", message: "The sign-in was interrupted by a restart. Start again." };
    try {
      const server = await this.#keeper.open();
      if ((await readAccount(server)).signedIn) result = await settleIdentity(this.#signInDesk(), server);
      else await this.stopContainer();
    } catch (error) {
      if (error instanceof LeaseLost) return;
      this.deps.log.info({ err: error, signInId }, "an interrupted sign-in was given up");
    }
    await endSignIn(this.deps.sql, { signInId, ...result });
  }

  #signInDesk() {
    return { deps: this.deps, books: this.#books, keeper: this.#keeper };
  }

  async #logoutAndWipe(found: ContainerRef | null = null): Promise<void> {
    try {
      if (this.#keeper.life.state !== "none") await logout(await this.#keeper.open());
    } catch (error) {
      if (error instanceof LeaseLost) throw error;
      // The home goes in any case, and the tokens with it; OpenAI just has not been told.
      this.deps.log.info({ err: error, accountId: this.accountId }, "wiped without telling OpenAI");
    }
    await this.#keeper.wipe(found);
  }

  #endTurns(): void {
    this.#turns.abort(OUT_OF_SERVICE);
    this.#turns = new AbortController();
  }

  /** Somebody may have come while something else was waited for. */
  #stopUnlessBusy(): Promise<"stopped" | "left"> {
    return this.#keeper.stop(this.deps.settings.timings.drainMs, () => this.isBusy);
  }

  #startIdling(): void {
    this.#stopIdling();
    if (this.#lease.signal.aborted || this.isBusy) return;
    this.#idleTimer = setTimeout(() => void this.#stopWhenIdle(), this.deps.settings.idleStopMs);
    this.#idleTimer.unref();
  }

  #stopIdling(): void {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }

  async #stopWhenIdle(): Promise<void> {
    if (this.isBusy || this.#keeper.life.state !== "running") return;
    try {
      await this.#keeper.measureHome();
      await this.#stopUnlessBusy();
    } catch (error) {
      if (!(error instanceof LeaseLost))
        this.deps.log.warn({ err: error, accountId: this.accountId }, "an idle container cannot be stopped");
    }
  }
}
