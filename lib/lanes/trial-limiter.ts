import { RateLimiterMemory } from "rate-limiter-flexible";
import { AppError } from "@/lib/errors/app-error";

/** Each is a call of ours to an address that a customer has typed. */
const TRIALS_MAX = 20;
const WINDOW_S = 600;

/** In memory, per process, like the one of the sign-in. */
export class TrialLimiter {
  readonly #limiter = new RateLimiterMemory({ keyPrefix: "trial", points: TRIALS_MAX, duration: WINDOW_S });

  /** Throws `rate_limited` with the seconds to wait. */
  async count(userId: string): Promise<void> {
    const state = await this.#limiter.penalty(userId);
    if (state.consumedPoints <= TRIALS_MAX) return;
    const retryAfterS = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    throw new AppError(
      "rate_limited",
      `${TRIALS_MAX} keys in ${WINDOW_S / 60} minutes are the most that can be tried. Try again in ${retryAfterS} seconds.`,
      { retryAfterS },
    );
  }
}
