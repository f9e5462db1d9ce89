/** Items of one flush; more wait for the next one. Bounds the time that locks are held and the size of one statement. */
const GROUP_MAX = 64;

type Waiting<I, O> = { item: I; resolve: (value: O) => void; reject: (reason: unknown) => void };

/**
 * Collects calls that arrive while a flush is under way and sends them together with the next one. A lone call goes out at
 * once, so grouping costs no latency when idle and one commit per group when busy.
 *
 * A flush that fails on the merits of its data is bisected until the guilty item stands alone: only that one is rejected.
 */
export class CommitGroup<I, O> {
  readonly #flush: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #isDataError: (error: unknown) => boolean;
  readonly #parallelMax: number;
  #waiting: Waiting<I, O>[] = [];
  #inFlight = 0;

  constructor(options: {
    flush: (items: readonly I[]) => Promise<readonly O[]>;
    isDataError: (error: unknown) => boolean;
    /** Flushes under way at once: more than one keeps the database busy, many fight over the same wallet's lock. */
    parallelMax: number;
  }) {
    this.#flush = options.flush;
    this.#isDataError = options.isDataError;
    this.#parallelMax = options.parallelMax;
  }

  submit(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#inFlight < this.#parallelMax && this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      this.#inFlight += 1;
      void this.#send(group).finally(() => {
        this.#inFlight -= 1;
        this.#pump();
      });
    }
  }

  async #send(group: Waiting<I, O>[]): Promise<void> {
    try {
      const results = await this.#flush(group.map((waiting) => waiting.item));
      group.forEach((waiting, index) => waiting.resolve(results[index] as O));
    } catch (error) {
      if (group.length === 1 || !this.#isDataError(error)) {
        for (const waiting of group) waiting.reject(error);
        return;
      }
      const middle = Math.ceil(group.length / 2);
      await this.#send(group.slice(0, middle));
      await this.#send(group.slice(middle));
    }
  }
}
