/** Money may also come back through another process, which tells nobody: look again after this long. */
const LOOK_AGAIN_MS = 500;
/** Waiters that one returned hold wakes, oldest first: waking all would send every one of them to the database at once. */
const WAKE_MAX = 4;

/** Requests that wait for money that other requests of the same owner hold. */
export class MoneyWaiters {
  readonly #byUser = new Map<string, Set<() => void>>();

  wait(userId: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#byUser.get(userId) ?? new Set();
      this.#byUser.set(userId, waiters);
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        waiters.delete(done);
        if (waiters.size === 0 && this.#byUser.get(userId) === waiters) this.#byUser.delete(userId);
        resolve();
      };
      const timer = setTimeout(done, Math.min(timeoutMs, LOOK_AGAIN_MS));
      signal.addEventListener("abort", done, { once: true });
      waiters.add(done);
    });
  }

  wake(userId: string): void {
    let woken = 0;
    for (const done of this.#byUser.get(userId) ?? []) {
      if (woken++ >= WAKE_MAX) return;
      done();
    }
  }
}
