import { RateLimiterMemory } from "rate-limiter-flexible";
import { clientNetwork } from "@/lib/http/ip-address";
import { sharedFactor } from "@/lib/users/shared-factor";

const QUARTER_HOUR_S = 900;
const HOUR_S = 3600;
/** A person who mistypes. */
const PAIR_TRIES_MAX = 10;
/** An office behind one address. */
const ADDRESS_TRIES_MAX = 100;
/** Many addresses that guess at one name. */
const NAME_TRIES_MAX = 100;

export type SignInTry = { name: string; address: string | null };

type Bound = { limiter: RateLimiterMemory; key: string; triesMax: number };

/**
 * Counts tries before they are checked, so that parallel guesses cannot slip through, and forgives those that were right.
 * In memory, per process: each guess also costs an argon2 computation, and counters in the database would let strangers write
 * to it at will. With n web processes the bounds are n times as wide.
 */
export class SignInLimiter {
  readonly #pair = new RateLimiterMemory({ keyPrefix: "pair", points: PAIR_TRIES_MAX, duration: QUARTER_HOUR_S });
  readonly #address = new RateLimiterMemory({ keyPrefix: "address", points: ADDRESS_TRIES_MAX, duration: QUARTER_HOUR_S });
  readonly #name = new RateLimiterMemory({ keyPrefix: "name", points: NAME_TRIES_MAX, duration: HOUR_S });

  /**
   * Null: go ahead. Else the whole seconds to wait. `signedInBefore` says whether this name was once signed in to from this
   * address: strangers who use up the tries of a name do not lock out its owner.
   */
  async count(attempt: SignInTry, signedInBefore: () => Promise<boolean>): Promise<number | null> {
    for (const { limiter, key, triesMax } of this.#bounds(attempt)) {
      const state = await limiter.penalty(key);
      if (state.consumedPoints <= triesMax) continue;
      if (limiter === this.#name && (await signedInBefore())) continue;
      return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    }
    return null;
  }

  /** The password was right: whoever mistyped it before has all tries again. */
  async forgive(attempt: SignInTry): Promise<void> {
    for (const { limiter, key } of this.#bounds(attempt)) {
      await (limiter === this.#pair ? limiter.delete(key) : limiter.reward(key));
    }
  }

  /** Nothing was checked: this try does not count, and those before it do. */
  async giveBack(attempt: SignInTry): Promise<void> {
    for (const { limiter, key } of this.#bounds(attempt)) await limiter.reward(key);
  }

  /** Address first: a stranger whose address is used up cannot fill the memory with names. */
  #bounds({ name, address }: SignInTry): Bound[] {
    const folded = name.toLowerCase();
    const network = address === null ? "" : clientNetwork(address);
    const factor = sharedFactor(address);
    const byName: Bound[] = [
      { limiter: this.#pair, key: `${folded} ${network}`, triesMax: PAIR_TRIES_MAX * factor },
      { limiter: this.#name, key: folded, triesMax: NAME_TRIES_MAX },
    ];
    return address === null ? byName : [{ limiter: this.#address, key: network, triesMax: ADDRESS_TRIES_MAX * factor }, ...byName];
  }
}
