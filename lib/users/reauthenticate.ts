import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { verifyPassword } from "@/lib/crypto/password";
import type { Sealer } from "@/lib/crypto/sealer";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { findUserById } from "@/lib/users/find-user";
import { secondFactorAct, takeSecondFactor } from "@/lib/users/take-second-factor";

export type ReauthenticateInput = {
  userId: string;
  password: string;
  /** Of the authenticator, or a recovery code; asked for where a second factor is on. */
  code: string | null;
};

export type ReauthenticateResult =
  | { kind: "right" }
  | { kind: "wrong_password" }
  | { kind: "code_missing" }
  | { kind: "wrong_code" }
  | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/** Before something that an open session alone must not do. A code that was right is used up. */
export function reauthenticate(parts: Parts, input: ReauthenticateInput): Promise<ReauthenticateResult> {
  return parts.limiter.alone(input.userId, () => checkAgain(parts, input));
}

async function checkAgain(parts: Parts, { userId, password, code }: ReauthenticateInput): Promise<ReauthenticateResult> {
  const { orm, clock, sealer, limiter } = parts;
  const doer = { address: null, subject: userId };
  const retryAfterS = await limiter.count("password", doer);
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };
  const user = await findUserById(orm, userId);
  const isRight = await verifyPassword(user?.passwordHash ?? null, password).catch(async (error: unknown) => {
    await limiter.forgive("password", doer);
    throw error;
  });
  if (!isRight) return { kind: "wrong_password" };
  await limiter.forgive("password", doer);
  if (!user?.totpConfirmedAt) return { kind: "right" };

  if (!code?.trim()) return { kind: "code_missing" };
  const act = secondFactorAct(code);
  // A session is open: whoever guesses at the sign-in does not use up its tries.
  const codeRetryAfterS = await limiter.count(act, doer, async () => true);
  if (codeRetryAfterS !== null) return { kind: "too_many_tries", retryAfterS: codeRetryAfterS };
  const taken = await withTransaction(orm, (tx) => takeSecondFactor(tx, { userId, code, sealer, now: clock.now() }));
  if (taken === null) return { kind: "wrong_code" };
  await limiter.forgive(act, doer);
  return { kind: "right" };
}
