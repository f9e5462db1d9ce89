import { AppError } from "@/lib/errors/app-error";

const RETRY_AFTER_S = 2;

export type ByteBudget = {
  /** Throws when too much is held already; what was acquired must be released once, by the same amount. */
  acquire(bytes: number): void;
  release(bytes: number): void;
};

/** One owner's part of the whole: four such owners must act together to fill it. */
const SHARE = 4;

/** Bytes of request bodies that this process holds at one time, over all requests. */
export class DecodedBudget implements ByteBudget {
  private used = 0;
  private readonly usedByOwner = new Map<string, number>();

  constructor(private readonly bytesMax: number) {}

  get bytesUsed(): number {
    return this.used;
  }

  /** The same budget for one owner, who can hold no more than a quarter of it. */
  shareOf(owner: string): ByteBudget {
    const ownMax = this.bytesMax / SHARE;
    return {
      acquire: (bytes) => {
        const own = (this.usedByOwner.get(owner) ?? 0) + bytes;
        if (own > ownMax)
          throw tooMuch(
            "You are sending too many large requests at once. Try again in a moment.",
            `${own} of ${ownMax} bytes of one owner`,
          );
        this.acquire(bytes);
        this.usedByOwner.set(owner, own);
      },
      release: (bytes) => {
        this.release(bytes);
        const own = (this.usedByOwner.get(owner) ?? 0) - bytes;
        if (own > 0) this.usedByOwner.set(owner, own);
        else this.usedByOwner.delete(owner);
      },
    };
  }

  acquire(bytes: number): void {
    if (this.used + bytes > this.bytesMax) {
      throw tooMuch(
        "The gateway is holding too many large requests. Try again in a moment.",
        `${this.used} of ${this.bytesMax} bytes in flight`,
      );
    }
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}

function tooMuch(message: string, detail: string): AppError {
  return new AppError("rate_limited", message, { retryAfterS: RETRY_AFTER_S, detail });
}
