import { RateLimiterMemory } from "rate-limiter-flexible";
import { AppError } from "@/lib/errors/app-error";

type LimitedKey = { id: string; firstKeyId: string | null; requestsPerMinuteMax: number | null };

const MINUTE_S = 60;

/**
 * A key's requests per minute, of what it reads by `/api/v1`: counted apart from what it asks of models, so that a program that looks at
 * the balance takes nothing from one that works. In memory, per process, like the one of the sign-in.
 */
export class ReadLimiter {
  readonly #limiter = new RateLimiterMemory({ keyPrefix: "read", points: 1, duration: MINUTE_S });

  /** Throws `rate_limited` with the seconds to wait. */
  async count({ id, firstKeyId, requestsPerMinuteMax }: LimitedKey): Promise<void> {
    if (requestsPerMinuteMax === null) return;
    const state = await this.#limiter.penalty(firstKeyId ?? id);
    if (state.consumedPoints <= requestsPerMinuteMax) return;
    const retryAfterS = Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    throw new AppError(
      "rate_limited",
      `This API key may read ${requestsPerMinuteMax} times per minute. Try again in ${retryAfterS} seconds.`,
      { retryAfterS },
    );
  }
}
