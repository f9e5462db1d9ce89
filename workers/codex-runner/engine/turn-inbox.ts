/**
 * What arrives faster than it is read: pushed by a listener, pulled one by one. A reader that is too far behind finds the end, and
 * `overflowed` says why.
 */
export class TurnInbox<T> {
  overflowed = false;
  private readonly entries: { value: T; size: number }[] = [];
  private sizeHeld = 0;
  private ended = false;
  private error: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(private readonly sizeMax: number) {}

  push(value: T, size: number): void {
    if (this.ended) return;
    this.sizeHeld += size;
    if (this.sizeHeld > this.sizeMax) {
      this.overflowed = true;
      this.end();
      return;
    }
    this.entries.push({ value, size });
    this.rouse();
  }

  /** What was pushed before is still read; an error is thrown behind it. */
  end(error: Error | null = null): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.rouse();
  }

  /** Ends at once: what waits is not read any more. */
  drop(): void {
    this.entries.length = 0;
    this.end();
  }

  /** Null: the end. */
  async next(): Promise<T | null> {
    for (;;) {
      const entry = this.entries.shift();
      if (entry) {
        this.sizeHeld -= entry.size;
        return entry.value;
      }
      if (this.error) throw this.error;
      if (this.ended) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private rouse(): void {
    this.wake?.();
    this.wake = null;
  }
}
