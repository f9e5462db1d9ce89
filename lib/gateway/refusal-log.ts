/** Refusals of one key that get a row of their own within a minute; the rest are counted into one row. */
const ROWS_PER_MINUTE_MAX = 60;
const KEYS_MAX = 10_000;
const MINUTE_MS = 60_000;

type Count = { minute: number; rows: number; more: number };

/** Keeps a client that retries a refused request from filling the log: says how many refusals the row at hand stands for. */
export class RefusalLog {
  readonly #counts = new Map<string, Count>();

  /** 0: count it, write nothing. Otherwise the number of refusals that this row reports, itself included. */
  rowsFor(keyId: string, nowMs: number): number {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const count = this.#counts.get(keyId);
    if (!count || count.minute !== minute) {
      const carried = count?.more ?? 0;
      this.#counts.delete(keyId);
      if (this.#counts.size >= KEYS_MAX) this.#counts.delete(this.#counts.keys().next().value as string);
      this.#counts.set(keyId, { minute, rows: 1, more: 0 });
      return 1 + carried;
    }
    if (count.rows >= ROWS_PER_MINUTE_MAX) {
      count.more += 1;
      return 0;
    }
    count.rows += 1;
    return 1;
  }
}
