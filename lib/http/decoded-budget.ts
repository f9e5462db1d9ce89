import { AppError } from "@/lib/errors/app-error";

const RETRY_AFTER_S = 2;

/** Bytes of request bodies that this process holds unpacked at one time, over all requests. */
export class DecodedBudget {
  private used = 0;

  constructor(private readonly bytesMax: number) {}

  get bytesUsed(): number {
    return this.used;
  }

  /** Throws when the process holds too much already; what was acquired must be released once, by the same amount. */
  acquire(bytes: number): void {
    if (this.used + bytes > this.bytesMax) {
      throw new AppError("rate_limited", "The gateway is holding too many large requests. Try again in a moment.", {
        retryAfterS: RETRY_AFTER_S,
        detail: `${this.used} of ${this.bytesMax} decoded bytes in flight`,
      });
    }
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}
