/** Items of one flush; more wait for the next one. Bounds the time that locks are held and the size of one statement. */
const GROUP_MAX = 64;
/** Flushes under way at once, slow ones included. Many would fight over the same wallet's lock. */
const PARALLEL_MAX = 3;
/** A flush that takes longer waits for somebody's lock or for a slow disk: what came meanwhile need not wait with it. */
const PATIENCE_MS = 25;

type Waiting<I, O> = { item: I; resolve: (value: O) => void; reject: (reason: unknown) => void };

/**
 * Collects calls that arrive in one turn of the event loop, or while a flush is under way, and sends them together. A lone call
 * goes out at once, so grouping costs no latency when idle and one commit per group when busy. Large groups are cheaper for the
 * database than parallel ones, so a second flush goes beside the first only when it is full or the first is slow.
 *
 * A flush that fails on the merits of its data is bisected until the guilty item stands alone: only that one is rejected.
 */
export class CommitGroup<I, O> {
  readonly #flush: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #isDataError: (error: unknown) => boolean;
  #waiting: Waiting<I, O>[] = [];
  #inFlight = 0;
  #slow = 0;
  #isGathering = false;

  constructor(options: { flush: (items: readonly I[]) => Promise<readonly O[]>; isDataError: (error: unknown) => boolean }) {
    this.#flush = options.flush;
    this.#isDataError = options.isDataError;
  }

  submit(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isGathering) return;
      this.#isGathering = true;
      setImmediate(() => {
        this.#isGathering = false;
        this.#pump();
      });
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#inFlight < PARALLEL_MAX) {
      if (this.#inFlight > this.#slow && this.#waiting.length < GROUP_MAX) return;
      void this.#track(this.#waiting.splice(0, GROUP_MAX));
    }
  }

  async #track(group: Waiting<I, O>[]): Promise<void> {
    let isSlow = false;
    const patience = setTimeout(() => {
      isSlow = true;
      this.#slow += 1;
      this.#pump();
    }, PATIENCE_MS);
    this.#inFlight += 1;
    await this.#send(group);
    clearTimeout(patience);
    this.#inFlight -= 1;
    if (isSlow) this.#slow -= 1;
    this.#pump();
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
