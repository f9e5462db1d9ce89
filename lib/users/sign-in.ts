import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { verifyPassword } from "@/lib/crypto/password";
import { AppError } from "@/lib/errors/app-error";
import type { Clock } from "@/lib/time/clock";
import { findUser } from "@/lib/users/find-user";
import { openSessionByPassword } from "@/lib/users/open-session-by-password";
import { issueTicket } from "@/lib/users/second-step-ticket";
import { hasSignedInFrom, type OpenedSession } from "@/lib/users/sessions";
import type { SignInLimiter } from "@/lib/users/sign-in-limiter";

export type SignInInput = {
  /** Username or e-mail. */
  name: string;
  password: string;
  address: string | null;
  userAgent: string | null;
};

export type SignInResult =
  /** Whatever the user's status: `readSession` says it, and who is not active sees nothing else. */
  | { kind: "signed_in"; session: OpenedSession }
  /** The password is right, and a second factor is on: `finishSignIn` takes the ticket and a code. */
  | { kind: "second_step"; ticket: string }
  /** Unknown name and wrong password are one answer, in text and in time. */
  | { kind: "refused" }
  | { kind: "too_many_tries"; retryAfterS: number };

const BUSY_RETRY_S = 5;
/** Nobody has another name. The database folds letters like İ in another way than the limiter: each would be one more name to guess at. */
const ASCII = /^[\x20-\x7e]+$/;

type Parts = { orm: Orm; clock: Clock; limiter: SignInLimiter; ticketSecret: string };

/** Opens a session, or the way to the second step. The first use of a one-time password that opens a session is its last. */
export async function signIn({ orm, clock, limiter, ticketSecret }: Parts, input: SignInInput): Promise<SignInResult> {
  const { address, userAgent } = input;
  const attempt = { name: input.name.trim(), address };
  const retryAfterS = await limiter.count(attempt, () => hasSignedInFrom(orm, attempt));
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };

  if (!ASCII.test(attempt.name)) return { kind: "refused" };
  const user = await findUser(orm, attempt.name);
  // Also without a user: the answer must take as long.
  const isRight = await verifyPassword(user?.passwordHash ?? null, input.password).catch(nullWhenBusy);
  if (isRight === null) {
    await limiter.giveBack(attempt);
    return { kind: "too_many_tries", retryAfterS: BUSY_RETRY_S };
  }
  if (!user?.passwordHash || !isRight) return { kind: "refused" };

  const now = clock.now();
  if (user.totpConfirmedAt) {
    await limiter.forgive(attempt);
    return { kind: "second_step", ticket: issueTicket(ticketSecret, user, now) };
  }
  const session = await withTransaction(orm, (tx) => openSessionByPassword(tx, { user, address, userAgent, now }));
  if (!session) return { kind: "refused" };
  await limiter.forgive(attempt);
  return { kind: "signed_in", session };
}

function nullWhenBusy(error: unknown): null {
  if (error instanceof AppError && error.code === "rate_limited") return null;
  throw error;
}
