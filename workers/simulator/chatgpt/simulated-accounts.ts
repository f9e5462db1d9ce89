import { randomUUID } from "node:crypto";
import type { Clock } from "@/lib/time/clock";

/**
 * The ChatGPT accounts of the simulated world, with their usage windows. Nothing here is checked by a password; who signs in picks one.
 * A window whose reset has passed starts again by itself.
 */
export type SimulatedWindow = {
  minutes: number;
  usedPercent: number;
  resetsAt: Date;
  /** What one model call adds. */
  stepPercent: number;
};

/** A limit of its own for some models, beside the account's. */
export type SimulatedModelLimit = { limitId: string; limitName: string; models: string[]; windows: SimulatedWindow[] };

export type SimulatedCredits = { unlimited: boolean; balance: number };

export type SimulatedAccount = {
  accountId: string;
  userId: string;
  email: string;
  plan: string;
  /** False: signs in, but its plan has no Codex. */
  codexIncluded: boolean;
  /** In the order in which the wire shows them: the first is called primary, the second secondary. */
  windows: SimulatedWindow[];
  modelLimits: SimulatedModelLimit[];
  /** While the windows are full, each call costs one credit. Null: not said. */
  credits: SimulatedCredits | null;
};

export type NewWindow = { minutes: number; usedPercent?: number; resetsAt?: Date; stepPercent?: number };
export type NewModelLimit = Omit<SimulatedModelLimit, "windows"> & { windows: NewWindow[] };
export type NewAccount = Partial<Omit<SimulatedAccount, "windows" | "modelLimits">> & {
  email: string;
  windows?: NewWindow[];
  modelLimits?: NewModelLimit[];
};

const FIVE_HOURS_MINUTES = 300;
const WEEK_MINUTES = 10_080;
const MINUTE_MS = 60_000;
const ACCOUNTS_MAX = 1_000;
const FULL_PERCENT = 100;
const STEP_PERCENT = 1;

/** Enough calls to see a window fill, and few enough to see it close. */
const FIRST_ACCOUNTS: readonly NewAccount[] = [
  { email: "ada@simulated.example", plan: "plus", windows: [{ minutes: FIVE_HOURS_MINUTES, stepPercent: 10 }, { minutes: WEEK_MINUTES }] },
  { email: "grace@simulated.example", plan: "pro", windows: [{ minutes: FIVE_HOURS_MINUTES, stepPercent: 2 }, { minutes: WEEK_MINUTES }] },
  { email: "edsger@simulated.example", plan: "free", codexIncluded: false },
];

export class SimulatedAccounts {
  private readonly accounts: SimulatedAccount[];

  constructor(
    private readonly clock: Clock,
    kept: readonly SimulatedAccount[] | null = null,
  ) {
    this.accounts = [...(kept ?? [])];
    if (kept === null) for (const account of FIRST_ACCOUNTS) this.add(account);
  }

  list(): readonly SimulatedAccount[] {
    for (const account of this.accounts) this.renew(account);
    return this.accounts;
  }

  /** By account id or by address. */
  find(idOrEmail: string): SimulatedAccount | null {
    const wanted = idOrEmail.trim().toLowerCase();
    return this.list().find((account) => account.accountId === idOrEmail || account.email.toLowerCase() === wanted) ?? null;
  }

  add(given: NewAccount): SimulatedAccount {
    if (this.accounts.length >= ACCOUNTS_MAX) throw new Error(`no more than ${ACCOUNTS_MAX} simulated accounts`);
    if (this.find(given.email)) throw new Error(`${given.email} is a simulated account already`);
    const account: SimulatedAccount = {
      accountId: given.accountId ?? randomUUID(),
      userId: given.userId ?? `user-${randomUUID().replaceAll("-", "").slice(0, 24)}`,
      email: given.email,
      plan: given.plan ?? "plus",
      codexIncluded: given.codexIncluded ?? true,
      windows: this.windowsFrom(given.windows ?? [{ minutes: FIVE_HOURS_MINUTES }, { minutes: WEEK_MINUTES }]),
      modelLimits: this.modelLimitsFrom(given.modelLimits ?? []),
      credits: given.credits ?? null,
    };
    this.accounts.push(account);
    return account;
  }

  windowsFrom(given: readonly NewWindow[]): SimulatedWindow[] {
    return given.map(({ minutes, usedPercent = 0, resetsAt, stepPercent = STEP_PERCENT }) => ({
      minutes,
      usedPercent,
      resetsAt: resetsAt ?? this.fromNow(minutes),
      stepPercent,
    }));
  }

  modelLimitsFrom(given: readonly NewModelLimit[]): SimulatedModelLimit[] {
    return given.map((limit) => ({ ...limit, windows: this.windowsFrom(limit.windows) }));
  }

  resetWindows(account: SimulatedAccount): void {
    for (const window of windowsOf(account)) this.empty(window);
  }

  /** One answered call: every window of the account, and of the model's own limit, moves by its step. */
  charge(account: SimulatedAccount, model: string): void {
    if (isFull(account.windows) && account.credits && !account.credits.unlimited) account.credits.balance -= 1;
    const limits = account.modelLimits.filter((limit) => limit.models.includes(model));
    for (const window of [...account.windows, ...limits.flatMap((limit) => limit.windows)]) {
      window.usedPercent = Math.min(FULL_PERCENT, window.usedPercent + window.stepPercent);
    }
  }

  private renew(account: SimulatedAccount): void {
    const now = this.clock.now();
    for (const window of windowsOf(account)) if (window.resetsAt <= now) this.empty(window);
  }

  private empty(window: SimulatedWindow): void {
    window.usedPercent = 0;
    window.resetsAt = this.fromNow(window.minutes);
  }

  private fromNow(minutes: number): Date {
    return new Date(this.clock.now().getTime() + minutes * MINUTE_MS);
  }
}

/** Which limit refuses a call of this model now; null: none. */
export function closedLimit(account: SimulatedAccount, model: string): "account" | SimulatedModelLimit | null {
  if (isFull(account.windows) && !hasCredits(account)) return "account";
  return account.modelLimits.find((limit) => limit.models.includes(model) && isFull(limit.windows)) ?? null;
}

export function hasCredits({ credits }: SimulatedAccount): boolean {
  return credits !== null && (credits.unlimited || credits.balance > 0);
}

export function isFull(windows: readonly SimulatedWindow[]): boolean {
  return windows.some((window) => window.usedPercent >= FULL_PERCENT);
}

/** When the last of the full windows opens again. */
export function opensAt(windows: readonly SimulatedWindow[]): Date | null {
  const full = windows.filter((window) => window.usedPercent >= FULL_PERCENT).map((window) => window.resetsAt.getTime());
  return full.length === 0 ? null : new Date(Math.max(...full));
}

function windowsOf(account: SimulatedAccount): SimulatedWindow[] {
  return [...account.windows, ...account.modelLimits.flatMap((limit) => limit.windows)];
}
