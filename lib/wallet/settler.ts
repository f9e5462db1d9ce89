import type { Sql } from "postgres";
import type { Settlement, SettlementFate } from "@/lib/gateway/ports";
import type { MicroUsd } from "@/lib/money/micro-usd";
import { CommitGroup } from "@/lib/wallet/commit-group";
import { isDataError } from "@/lib/wallet/database-error";
import { parkSettlement, settleRequests, type OwnedSettlement } from "@/lib/wallet/settle-requests";
import type { SettlementJournal } from "@/lib/wallet/settlement-journal";

const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1_000;
const HURRY_MS = 1_500;

/**
 * Ends requests: grouped, retried while the database is away, parked when the data itself is refused, kept on disk when the
 * database does not come back in time. Never loses one, never charges one twice.
 */
export class Settler {
  readonly #sql: Sql;
  readonly #processId: string;
  readonly #journal: SettlementJournal;
  #waitMs: number;
  readonly #now: () => number;
  readonly #onSettled: (userId: string) => void;
  readonly #group: CommitGroup<OwnedSettlement, MicroUsd>;

  constructor(options: {
    sql: Sql;
    processId: string;
    journal: SettlementJournal;
    /** How long a terminal is held back for a database that is away. */
    waitMs: number;
    now: () => number;
    /** Money of this user may have come back. */
    onSettled: (userId: string) => void;
  }) {
    this.#sql = options.sql;
    this.#processId = options.processId;
    this.#journal = options.journal;
    this.#waitMs = options.waitMs;
    this.#now = options.now;
    this.#onSettled = options.onSettled;
    this.#group = new CommitGroup({ flush: (items) => settleRequests(this.#sql, items), isDataError });
  }

  async settle(settlement: Settlement): Promise<SettlementFate> {
    const item: OwnedSettlement = { ...settlement, processId: this.#processId };
    const deadline = this.#now() + this.#waitMs;
    for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      try {
        const fate = await before(deadline - this.#now(), this.#once(item));
        if (fate === "late") break;
        this.#onSettled(item.userId);
        return fate;
      } catch {
        // Away, or its answer was lost; what was committed already is recognised when it is sent again.
        if (this.#now() + delayMs >= deadline) break;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
    await this.#journal.write(item);
    return "journaled";
  }

  /** The process is about to end: what cannot be committed at once goes to disk, where the next one finds it. */
  hurry(): void {
    this.#waitMs = Math.min(this.#waitMs, HURRY_MS);
  }

  /** What earlier failures left in the data folder. */
  replay(): Promise<number> {
    return this.#journal.replay(async (item) => {
      await this.#once(item);
      this.#onSettled(item.userId);
    });
  }

  /** May go on after nobody waits for it any more: settling twice changes nothing. */
  async #once(item: OwnedSettlement): Promise<SettlementFate> {
    try {
      await this.#group.submit(item);
      return "committed";
    } catch (error) {
      if (!isDataError(error)) throw error;
      await parkSettlement(this.#sql, item, error);
      return "parked";
    }
  }
}

/** A database that has stopped answering without closing its connections must not hold a client for ever. */
async function before<T>(ms: number, work: Promise<T>): Promise<T | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
