import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { sessions, users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashPassword, verifyPassword } from "@/lib/crypto/password";
import { queueMail } from "@/lib/mail/queue-mail";
import type { Sealer } from "@/lib/crypto/sealer";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";
import { reauthenticate, type ReauthenticateResult } from "@/lib/users/reauthenticate";
import type { SignedIn } from "@/lib/users/sessions";

export type ChangePasswordInput = {
  signedIn: SignedIn;
  /** Not asked from whoever came in with a one-time password: that one is used up. */
  currentPassword: string;
  /** Of the authenticator, or a recovery code, where a second factor is on. */
  code: string | null;
  newPassword: string;
  address: string | null;
};

export type ChangePasswordResult =
  | { kind: "changed" }
  | Exclude<ReauthenticateResult, { kind: "right" }>
  | { kind: "same_as_username" }
  | { kind: "same_as_current" }
  | { kind: "same_as_one_time" }
  /** The password was changed or issued anew meanwhile, elsewhere, or the account deleted. */
  | { kind: "overtaken" };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/**
 * Sets the password, ends every other session of the user and makes void what was begun in them; this session stays and is fully
 * open. The current password is asked for as before everything that an open session alone must not do.
 */
export async function changePassword(parts: Parts, input: ChangePasswordInput): Promise<ChangePasswordResult> {
  const { orm, clock, limiter } = parts;
  const { viewer, sessionId, mustChangePassword } = input.signedIn;
  const { userId } = viewer;
  if (input.newPassword.toLowerCase() === viewer.username.toLowerCase()) return { kind: "same_as_username" };
  const [user] = await orm.select({ passwordHash: users.passwordHash }).from(users).where(eq(users.id, userId));
  // Read before it is checked: what takes its place meanwhile is not replaced below.
  const oldHash = user?.passwordHash ?? null;
  if (mustChangePassword) {
    if (oldHash !== null) return { kind: "overtaken" };
    const [session] = await orm.select({ oneTimeHash: sessions.oneTimeHash }).from(sessions).where(eq(sessions.id, sessionId));
    const oneTimeHash = session?.oneTimeHash;
    if (oneTimeHash && (await limiter.alone(userId, () => verifyPassword(oneTimeHash, input.newPassword)))) {
      return { kind: "same_as_one_time" };
    }
  } else {
    // First: a code is not used up for it.
    if (input.newPassword === input.currentPassword) return { kind: "same_as_current" };
    const given = await reauthenticate(parts, { userId, password: input.currentPassword, code: input.code });
    if (given.kind !== "right") return given;
  }
  const newHash = await limiter.alone(userId, () => hashPassword(input.newPassword));

  return withTransaction(orm, async (tx) => {
    const [changed] = await tx
      .update(users)
      .set({ passwordHash: newHash, passwordOneTime: false, sessionVersion: sql`${users.sessionVersion} + 1` })
      .where(
        and(
          eq(users.id, userId),
          ne(users.status, "deleted"),
          oldHash === null ? isNull(users.passwordHash) : eq(users.passwordHash, oldHash),
        ),
      )
      .returning({ sessionVersion: users.sessionVersion });
    if (!changed) return { kind: "overtaken" };
    await tx
      .update(sessions)
      .set({ sessionVersion: changed.sessionVersion, mustChangePassword: false, oneTimeHash: null })
      .where(eq(sessions.id, sessionId));
    await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now: clock.now() });
    await queueMail(tx, { kind: "security_changed", userId, payload: { event: "password_changed", left: null } });
    await recordAudit(tx, {
      actor: { kind: "user", userId, address: input.address ?? undefined },
      action: "user.change_password",
      subject: userId,
    });
    return { kind: "changed" };
  });
}
