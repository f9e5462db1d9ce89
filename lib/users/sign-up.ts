import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashPassword } from "@/lib/crypto/password";
import type { Sealer } from "@/lib/crypto/sealer";
import { newId } from "@/lib/ids/ids";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { drawLink } from "@/lib/users/mail-links";
import { sendVerification } from "@/lib/users/send-verification";
import { openSession, type OpenedSession } from "@/lib/users/sessions";
import { TERMS_VERSION } from "@/lib/users/terms-version";
import { checkUsername } from "@/lib/users/username";

export type SignUpInput = {
  username: string;
  email: string;
  /** Has passed `passwordFault`. */
  password: string;
  /** What it will be used for, where somebody reads it. */
  note: string | null;
  address: string | null;
  userAgent: string | null;
};

export type SignUpResult =
  { kind: "signed_up"; session: OpenedSession } | { kind: "username_taken" } | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/**
 * Makes an unverified user with a session that sees nothing but that. The address becomes the user's own only when its link is
 * used, so an address that somebody has already changes nothing here: the same rows, the same answer, the same session. Only its
 * owner learns of it, by mail. Nobody can occupy an address that they do not read.
 *
 * A username that is taken is said: people sign in with it, so it has to be unique, and it leads to nobody's mailbox.
 */
export async function signUp({ orm, clock, sealer, limiter }: Parts, input: SignUpInput): Promise<SignUpResult> {
  const { username, email, address, userAgent } = input;
  checkUsername(username);
  const retryAfterS =
    (await limiter.count("sign_up", { address, subject: "" })) ?? (await limiter.count("mail", { address, subject: email }));
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };

  const passwordHash = await hashPassword(input.password);
  const link = drawLink(sealer);
  const now = clock.now();
  return withTransaction(orm, async (tx) => {
    const [user] = await tx
      .insert(users)
      .values({
        id: newId("usr"),
        username,
        passwordHash,
        role: "customer",
        status: "unverified",
        signUpNote: input.note,
        termsVersion: TERMS_VERSION,
        termsAcceptedAt: now,
        createdAt: now,
      })
      .onConflictDoNothing()
      .returning({ id: users.id, sessionVersion: users.sessionVersion });
    // It has no address yet, so only the username can be in the way.
    if (!user) return { kind: "username_taken" };
    const { id: userId, sessionVersion } = user;
    await sendVerification(tx, { userId, email, link, now });
    const actor = { kind: "user", userId, address: address ?? undefined } as const;
    await recordAudit(tx, { actor, action: "user.sign_up", subject: userId, after: { termsVersion: TERMS_VERSION } });
    const session = await openSession(tx, {
      userId,
      sessionVersion,
      mustChangePassword: false,
      oneTimeHash: null,
      address,
      userAgent,
      now,
    });
    return { kind: "signed_up", session };
  });
}
