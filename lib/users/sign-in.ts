import { and, eq } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { verifyPassword } from "@/lib/crypto/password";
import { AppError } from "@/lib/errors/app-error";
import type { Clock } from "@/lib/time/clock";
import { findUser } from "@/lib/users/find-user";
import { hasSignedInFrom, openSession, type OpenedSession } from "@/lib/users/sessions";
import type { SignInLimiter } from "@/lib/users/sign-in-limiter";

export type SignInInput = {
  /** Username or e-mail. */
  name: string;
  password: string;
  address: string | null;
  userAgent: string | null;
};

export type SignInResult =
  | { kind: "signed_in"; session: OpenedSession }
  /** Unknown name and wrong password are one answer, in text and in time. */
  | { kind: "refused" }
  | { kind: "suspended" }
  | { kind: "too_many_tries"; retryAfterS: number };

const BUSY_RETRY_S = 5;

type Parts = { orm: Orm; clock: Clock; limiter: SignInLimiter };

/** Opens a session. The first use of a one-time password is its last: it is cleared in the transaction that opens the session. */
export async function signIn({ orm, clock, limiter }: Parts, input: SignInInput): Promise<SignInResult> {
  const attempt = { name: input.name.trim(), address: input.address };
  const retryAfterS = await limiter.count(attempt, () => hasSignedInFrom(orm, attempt));
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };

  const user = await findUser(orm, attempt.name);
  // Also without a user: the answer must take as long.
  const isRight = await verifyPassword(user?.passwordHash ?? null, input.password).catch(nullWhenBusy);
  if (isRight === null) return { kind: "too_many_tries", retryAfterS: BUSY_RETRY_S };
  if (!user?.passwordHash || !isRight) return { kind: "refused" };
  if (user.status !== "active") return { kind: "suspended" };

  const passwordHash = user.passwordHash;
  const session = await withTransaction(orm, async (tx) => {
    // Of two simultaneous uses of a one-time password one finds the hash gone; so does a sign-in that raced a change of password.
    const claimed = await tx
      .update(users)
      .set({ passwordHash: user.passwordOneTime ? null : passwordHash })
      .where(and(eq(users.id, user.id), eq(users.passwordHash, passwordHash), eq(users.status, "active")))
      .returning({ sessionVersion: users.sessionVersion });
    const [claim] = claimed;
    if (!claim) return null;
    return openSession(tx, {
      userId: user.id,
      sessionVersion: claim.sessionVersion,
      mustChangePassword: user.passwordOneTime,
      oneTimeHash: user.passwordOneTime ? passwordHash : null,
      address: input.address,
      userAgent: input.userAgent,
      now: clock.now(),
    });
  });
  if (!session) return { kind: "refused" };
  await limiter.forgive(attempt);
  return { kind: "signed_in", session };
}

function nullWhenBusy(error: unknown): null {
  if (error instanceof AppError && error.code === "rate_limited") return null;
  throw error;
}
