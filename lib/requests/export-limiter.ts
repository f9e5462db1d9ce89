import { RateLimiterMemory } from "rate-limiter-flexible";
import { AppError } from "@/lib/errors/app-error";

/** Each may read the whole log of its owner. */
const EXPORTS_MAX = 10;
const WINDOW_S = 600;

/** In memory, per process, like the one of the sign-in. */
export class ExportLimiter {
  readonly #limiter = new RateLimiterMemory({ keyPrefix: "export", points: EXPORTS_MAX, duration: WINDOW_S });

  /** Throws `rate_limited` with the seconds to wait. */
  async count(userId: string): Promise<void> {
    const state = await this.#limiter.penalty(userId);
    if (state.consumedPoints <= EXPORTS_MAX) return;
    const retryAfterS = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    throw new AppError(
      "rate_limited",
      `${EXPORTS_MAX} exports in ${WINDOW_S / 60} minutes are the most. Try again in ${retryAfterS} seconds.`,
      {
        retryAfterS,
      },
    );
  }
}
