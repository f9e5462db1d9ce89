import { RateLimiterMemory } from "rate-limiter-flexible";
import { AppError } from "@/lib/errors/app-error";
import { clientNetwork } from "@/lib/http/ip-address";
import { sharedFactor } from "@/lib/users/shared-factor";

const QUARTER_HOUR_S = 900;
const HOUR_S = 3600;
const DAY_S = 86_400;
const BUSY_RETRY_S = 5;

type Bound = {
  /** Counted per client network, per whatever the act is about (a mailbox, a user), or per both together. */
  by: "network" | "subject" | "pair";
  max: number;
  durationS: number;
};

/** What people may do only so often. */
const ACTS = {
  /** Each makes a user and an argon2 computation, and tells whether a username is taken. */
  sign_up: [{ by: "network", max: 20, durationS: HOUR_S }],
  /** By the mailbox: whoever types an address here has mail sent to it. */
  mail: [
    { by: "network", max: 40, durationS: HOUR_S },
    { by: "subject", max: 4, durationS: HOUR_S },
    { by: "subject", max: 12, durationS: DAY_S },
  ],
  /** Apart: other mails to a mailbox do not keep its owner from a new password. Resets that a stranger asks for are links for the owner. */
  reset_mail: [
    { by: "network", max: 40, durationS: HOUR_S },
    { by: "subject", max: 4, durationS: HOUR_S },
    { by: "subject", max: 12, durationS: DAY_S },
  ],
  /** A link's secret cannot be guessed; this bounds what trying costs us. */
  link: [{ by: "network", max: 60, durationS: HOUR_S }],
  /** Of the authenticator: three of a million are right at any moment. Only somebody with the password comes so far. */
  code: [
    { by: "pair", max: 8, durationS: QUARTER_HOUR_S },
    { by: "pair", max: 40, durationS: DAY_S },
    { by: "subject", max: 8, durationS: QUARTER_HOUR_S },
    { by: "subject", max: 40, durationS: DAY_S },
  ],
  /** Cannot be guessed, so it stays the owner's way in while somebody else uses up the codes. */
  recovery_code: [{ by: "network", max: 60, durationS: HOUR_S }],
  /** By the user: the password asked again, in an open session. */
  password: [{ by: "subject", max: 10, durationS: QUARTER_HOUR_S }],
} as const satisfies Record<string, readonly Bound[]>;

export type Act = keyof typeof ACTS;
export type Doer = { address: string | null; subject: string };

/**
 * Counts before anything is done, so that parallel tries cannot slip through. In memory, per process: counters in the database
 * would let strangers write to it at will. With n web processes the bounds are n times as wide.
 */
export class ActLimiter {
  readonly #limiters = new Map<string, RateLimiterMemory>();
  readonly #busy = new Set<string>();

  /**
   * Null: go ahead. Else the whole seconds to wait. The network first: who has used it up cannot fill the memory with subjects.
   * `isKnown` says whether it is the subject's own place that asks: strangers who use up the tries of a subject do not lock it out there.
   */
  async count(act: Act, doer: Doer, isKnown: () => Promise<boolean> = async () => false): Promise<number | null> {
    for (const { by, limiter, key, max } of this.#bounds(act, doer)) {
      const state = await limiter.penalty(key);
      if (state.consumedPoints <= max || (by === "subject" && (await isKnown()))) continue;
      return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
    }
    return null;
  }

  /** The try was right, or nothing was tried: it does not count. */
  async forgive(act: Act, doer: Doer): Promise<void> {
    for (const { limiter, key } of this.#bounds(act, doer)) await limiter.reward(key);
  }

  /** The subject has shown who it is in another way: what was counted before is forgotten. */
  async clear(act: Act, doer: Doer): Promise<void> {
    for (const { by, limiter, key } of this.#bounds(act, doer)) if (by !== "network") await limiter.delete(key);
  }

  /**
   * What costs a password computation, one at a time for each user: a single account cannot take the places of all others in the line.
   * Throws `rate_limited` for the second.
   */
  async alone<T>(userId: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(userId)) {
      throw new AppError("rate_limited", "Your password is being checked already. Try again in a few seconds.", {
        retryAfterS: BUSY_RETRY_S,
      });
    }
    this.#busy.add(userId);
    try {
      return await work();
    } finally {
      this.#busy.delete(userId);
    }
  }

  #bounds(act: Act, { address, subject }: Doer) {
    return ACTS[act].flatMap(({ by, max, durationS }) => {
      if (by === "network" && address === null) return [];
      const network = address === null ? "" : clientNetwork(address);
      const folded = subject.trim().toLowerCase();
      const key = { network, subject: folded, pair: `${folded} ${network}` }[by];
      return [
        {
          by,
          limiter: this.#limiter(`${act} ${by} ${durationS}`, max, durationS),
          key,
          max: by === "network" ? max * sharedFactor(address) : max,
        },
      ];
    });
  }

  #limiter(name: string, points: number, duration: number): RateLimiterMemory {
    let limiter = this.#limiters.get(name);
    if (!limiter) this.#limiters.set(name, (limiter = new RateLimiterMemory({ keyPrefix: name, points, duration })));
    return limiter;
  }
}
