import type { Sql } from "postgres";
import { closeWindow } from "@/lib/codex/close-window";
import {
  type ContainerRecord,
  type LeaseProof,
  recordContainer,
  recordHomeBytes,
  recordNoContainer,
  recordRemoved,
} from "@/lib/codex/container-record";
import { coolLane } from "@/lib/codex/cool-lane";
import { markContainerFailed } from "@/lib/codex/mark-container-failed";
import { markContainerUp } from "@/lib/codex/mark-container-up";
import { markSignedOut, type SignOutReason } from "@/lib/codex/mark-signed-out";
import { type AccountEventKind, recordEvent } from "@/lib/codex/record-event";
import { type Identity, type IdentityAnswer, recordIdentity } from "@/lib/codex/record-identity";
import { recordLimits } from "@/lib/codex/record-limits";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import { LeaseLost } from "@/workers/codex-runner/lease-errors";

/**
 * What a runner writes about one account, each time under the proof of its lease. The first write that is refused says that the
 * lease is lost: `onLost` is called, and `LeaseLost` thrown, so that nobody goes on as if it had been written.
 */
export class AccountBooks {
  constructor(
    private readonly sql: Sql,
    readonly proof: LeaseProof,
    private readonly onLost: () => void,
  ) {}

  container(record: ContainerRecord): Promise<void> {
    return this.#held(recordContainer(this.sql, this.proof, record));
  }

  noContainer(): Promise<void> {
    return this.#held(recordNoContainer(this.sql, this.proof));
  }

  containerUp(): Promise<void> {
    return this.#held(markContainerUp(this.sql, this.proof));
  }

  containerFailed(reason: string, message: string): Promise<void> {
    return this.#held(markContainerFailed(this.sql, { ...this.proof, reason, message }));
  }

  homeBytes(bytes: number): Promise<void> {
    return this.#held(recordHomeBytes(this.sql, this.proof, bytes));
  }

  removed(): Promise<void> {
    return this.#held(recordRemoved(this.sql, this.proof));
  }

  signedOut(reason: SignOutReason, message: string): Promise<void> {
    return this.#held(markSignedOut(this.sql, { ...this.proof, reason, message }));
  }

  async identity(identity: Identity): Promise<Exclude<IdentityAnswer, "fenced">> {
    const answer = await recordIdentity(this.sql, { ...this.proof, ...identity });
    return answer === "fenced" ? this.#lost() : answer;
  }

  /** When the window that closes the lane opens again; null: it is open. */
  async limits(limits: ReportedLimits, observedAt: Date): Promise<Date | null> {
    const result = await recordLimits(this.sql, { ...this.proof, limits, observedAt });
    if (result === "fenced") return this.#lost();
    return result.laneState === "exhausted" ? result.until : null;
  }

  /** When it opens again, told or guessed. */
  async closeWindow(closing: { model: string | null; until: Date | null; reason: string }): Promise<Date> {
    const result = await closeWindow(this.sql, { ...this.proof, ...closing });
    return result === "fenced" ? this.#lost() : result.until;
  }

  coolLane(reason: string, until: Date): Promise<void> {
    return this.#held(coolLane(this.sql, { ...this.proof, reason, until }));
  }

  event(kind: AccountEventKind, detail: string | null): Promise<void> {
    return recordEvent(this.sql, { accountId: this.proof.accountId, kind, detail, fence: this.proof.fence });
  }

  async #held(writing: Promise<boolean>): Promise<void> {
    if (!(await writing)) this.#lost();
  }

  #lost(): never {
    this.onLost();
    throw new LeaseLost(this.proof.accountId);
  }
}
