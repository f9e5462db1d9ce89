import { RateLimiterMemory } from "rate-limiter-flexible";

const QUARTER_HOUR_S = 900;
const HOUR_S = 3600;
/** A person who mistypes. */
const PAIR_TRIES_MAX = 10;
/** An office behind one address. */
const ADDRESS_TRIES_MAX = 100;
/** Many addresses that guess at one name. */
const NAME_TRIES_MAX = 100;

export type SignInTry = { name: string; address: string | null };

/**
 * Counts tries before they are checked, so that parallel guesses cannot slip through, and forgives those that were right.
 * In memory, per process: each guess also costs an argon2 computation, and counters in the database would let strangers write
 * to it at will. With n web processes the bounds are n times as wide.
 */
export class SignInLimiter {
  readonly #pair = new RateLimiterMemory({ keyPrefix: "pair", points: PAIR_TRIES_MAX, duration: QUARTER_HOUR_S });
  readonly #address = new RateLimiterMemory({ keyPrefix: "address", points: ADDRESS_TRIES_MAX, duration: QUARTER_HOUR_S });
  readonly #name = new RateLimiterMemory({ keyPrefix: "name", points: NAME_TRIES_MAX, duration: HOUR_S });

  /** Null: go ahead. Else the whole seconds to wait. */
  async count(attempt: SignInTry): Promise<number | null> {
    for (const [limiter, key] of this.#keys(attempt)) {
      const state = await limiter.penalty(key);
      if (state.consumedPoints > limiter.points) return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    }
    return null;
  }

  async forgive(attempt: SignInTry): Promise<void> {
    for (const [limiter, key] of this.#keys(attempt)) {
      await (limiter === this.#pair ? limiter.delete(key) : limiter.reward(key));
    }
  }

  /** Address first: a stranger whose address is used up cannot fill the memory with names. */
  #keys({ name, address }: SignInTry): [RateLimiterMemory, string][] {
    const folded = name.toLowerCase();
    const byName: [RateLimiterMemory, string][] = [
      [this.#pair, `${folded} ${address ?? ""}`],
      [this.#name, folded],
    ];
    return address === null ? byName : [[this.#address, address], ...byName];
  }
}
