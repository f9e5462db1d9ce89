import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import type { Sealer } from "@/lib/crypto/sealer";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { findUserById } from "@/lib/users/find-user";
import { openSessionByPassword } from "@/lib/users/open-session-by-password";
import { isTicketOf, ticketHolder } from "@/lib/users/second-step-ticket";
import { hasUserSignedInFrom, type OpenedSession } from "@/lib/users/sessions";
import { secondFactorAct, takeSecondFactor } from "@/lib/users/take-second-factor";

export type FinishSignInInput = {
  ticket: string;
  /** Of the authenticator, or a recovery code. */
  code: string;
  address: string | null;
  userAgent: string | null;
};

export type FinishSignInResult =
  | { kind: "signed_in"; session: OpenedSession }
  /** The password has to be given again. */
  | { kind: "expired" }
  | { kind: "wrong_code" }
  | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter; ticketSecret: string };

export async function finishSignIn(parts: Parts, { ticket, code, address, userAgent }: FinishSignInInput): Promise<FinishSignInResult> {
  const { orm, clock, sealer, limiter, ticketSecret } = parts;
  const now = clock.now();
  const userId = ticketHolder(ticket, now);
  const user = userId === null ? null : await findUserById(orm, userId);
  if (!user?.totpConfirmedAt || !isTicketOf(ticketSecret, ticket, user)) return { kind: "expired" };
  const doer = { address, subject: user.id };
  const act = secondFactorAct(code);
  const retryAfterS = await limiter.count(act, doer, () => hasUserSignedInFrom(orm, { userId: user.id, address }));
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };

  const result = await withTransaction(orm, async (tx): Promise<FinishSignInResult> => {
    if ((await takeSecondFactor(tx, { userId: user.id, code, sealer, now })) === null) return { kind: "wrong_code" };
    const session = await openSessionByPassword(tx, { user, address, userAgent, now });
    return session ? { kind: "signed_in", session } : { kind: "expired" };
  });
  if (result.kind === "signed_in") await limiter.forgive(act, doer);
  return result;
}
