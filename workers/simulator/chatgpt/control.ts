import type { Clock } from "@/lib/time/clock";
import { SimulatorControl } from "@/workers/simulator/openai/control";
import type { Decision, DeviceCode, DeviceCodes } from "@/workers/simulator/chatgpt/device-codes";
import type { ModelFault } from "@/workers/simulator/chatgpt/model-faults";
import type { RefreshRefusal, SignIns } from "@/workers/simulator/chatgpt/sign-ins";
import type {
  NewAccount,
  NewModelLimit,
  NewWindow,
  SimulatedAccount,
  SimulatedAccounts,
  SimulatedCredits,
} from "@/workers/simulator/chatgpt/simulated-accounts";

/**
 * The hands on a running simulated ChatGPT: the same for a test in this process and, as JSON over HTTP, for one in another. An account is
 * named by its id or its address; an unknown one throws.
 */
export class ChatgptControl {
  /** Gates, counts and `until` of the model calls, and behaviours in more detail than faults have. */
  readonly calls = new SimulatorControl();
  private readonly faults: { accountId: string | null; fault: ModelFault; left: number }[] = [];

  constructor(private readonly world: { accounts: SimulatedAccounts; codes: DeviceCodes; signIns: SignIns; clock: Clock }) {}

  accounts(): readonly SimulatedAccount[] {
    return this.world.accounts.list();
  }

  account(idOrEmail: string): SimulatedAccount {
    const account = this.world.accounts.find(idOrEmail);
    if (account === null) throw new UnknownAccount(idOrEmail);
    return account;
  }

  addAccount(account: NewAccount): SimulatedAccount {
    return this.world.accounts.add(account);
  }

  pendingCodes(): DeviceCode[] {
    return this.world.codes.pending();
  }

  untilPendingCode(): Promise<DeviceCode> {
    return this.world.codes.untilPending();
  }

  approve(userCode: string, idOrEmail: string): Decision {
    return this.world.codes.approve(userCode, this.account(idOrEmail).accountId);
  }

  deny(userCode: string): Decision {
    return this.world.codes.deny(userCode);
  }

  expireCode(userCode: string): Decision {
    return this.world.codes.expire(userCode);
  }

  setWindows(idOrEmail: string, windows: NewWindow[]): void {
    this.account(idOrEmail).windows = this.world.accounts.windowsFrom(windows);
  }

  setModelLimits(idOrEmail: string, limits: NewModelLimit[]): void {
    this.account(idOrEmail).modelLimits = this.world.accounts.modelLimitsFrom(limits);
  }

  setCredits(idOrEmail: string, credits: SimulatedCredits | null): void {
    this.account(idOrEmail).credits = credits;
  }

  setPlan(idOrEmail: string, { plan, codexIncluded = true }: { plan: string; codexIncluded?: boolean }): void {
    Object.assign(this.account(idOrEmail), { plan, codexIncluded });
  }

  /** What each call adds to every window of the account. */
  setStep(idOrEmail: string, stepPercent: number): void {
    for (const window of this.account(idOrEmail).windows) window.stepPercent = stepPercent;
  }

  /** The shortest window is full until its reset. */
  exhaust(idOrEmail: string): void {
    const [shortest] = this.account(idOrEmail).windows.toSorted((one, other) => one.minutes - other.minutes);
    if (shortest) shortest.usedPercent = 100;
  }

  resetWindows(idOrEmail: string): void {
    this.world.accounts.resetWindows(this.account(idOrEmail));
  }

  /** Signs the account out everywhere, as OpenAI does after a change of password. */
  revoke(idOrEmail: string): void {
    this.world.signIns.revoke(this.account(idOrEmail).accountId);
  }

  expireAccessTokens(idOrEmail: string): void {
    this.world.signIns.expireAccessTokens(this.account(idOrEmail).accountId);
  }

  /** Null: refreshes work again. */
  refuseRefresh(idOrEmail: string, refusal: RefreshRefusal | null): void {
    this.world.signIns.refuseRefresh(this.account(idOrEmail).accountId, refusal);
  }

  /** The next `count` model calls of the account (null: of anybody) fail this way; several queue up in order. */
  nextCalls(idOrEmail: string | null, fault: ModelFault, count = 1): void {
    this.faults.push({ accountId: idOrEmail === null ? null : this.account(idOrEmail).accountId, fault, left: count });
  }

  clearFaults(): void {
    this.faults.length = 0;
  }

  takeFault(accountId: string): ModelFault | null {
    const index = this.faults.findIndex((entry) => entry.accountId === null || entry.accountId === accountId);
    const entry = this.faults[index];
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left <= 0) this.faults.splice(index, 1);
    return entry.fault;
  }
}

export class UnknownAccount extends Error {
  constructor(idOrEmail: string) {
    super(`No simulated account ${idOrEmail}.`);
  }
}
