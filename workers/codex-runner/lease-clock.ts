/**
 * Until when this runner may believe in its leases, by its own monotonic clock: counted from before the renewal was sent, so that it
 * is never later than what the database wrote. When it runs out nothing is driven any more, whether the database answers or not.
 */
export class LeaseClock {
  #timer: NodeJS.Timeout | null = null;
  #validUntilMs = 0;

  constructor(
    private readonly ttlMs: number,
    private readonly onRunOut: () => void,
  ) {}

  get isValid(): boolean {
    return performance.now() < this.#validUntilMs;
  }

  /** To be called before the renewal is sent; the returned function after it has succeeded. */
  renewing(): () => void {
    const untilMs = performance.now() + this.ttlMs;
    return () => {
      this.#validUntilMs = Math.max(this.#validUntilMs, untilMs);
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = setTimeout(this.onRunOut, Math.max(0, this.#validUntilMs - performance.now()));
      this.#timer.unref();
    };
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#validUntilMs = 0;
  }
}
