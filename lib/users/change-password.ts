import { and, eq, isNull, sql } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { sessions, users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashPassword, verifyPassword } from "@/lib/crypto/password";
import type { SignedIn } from "@/lib/users/sessions";

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 200;

export type ChangePasswordInput = {
  signedIn: SignedIn;
  /** Not asked from whoever came in with a one-time password: that one is used up. */
  currentPassword: string;
  newPassword: string;
  address: string | null;
};

export type ChangePasswordResult =
  | { kind: "changed" }
  | { kind: "wrong_current" }
  | { kind: "same_as_username" }
  | { kind: "same_as_current" }
  | { kind: "same_as_one_time" }
  /** The password was changed or issued anew meanwhile, elsewhere. */
  | { kind: "overtaken" };

/** Sets the password and ends every other session of the user; this one stays and is fully open. */
export async function changePassword(orm: Orm, input: ChangePasswordInput): Promise<ChangePasswordResult> {
  const { viewer, sessionId, mustChangePassword } = input.signedIn;
  if (input.newPassword.toLowerCase() === viewer.username.toLowerCase()) return { kind: "same_as_username" };
  const [user] = await orm.select({ passwordHash: users.passwordHash }).from(users).where(eq(users.id, viewer.userId));
  const oldHash = user?.passwordHash ?? null;
  if (mustChangePassword) {
    if (oldHash !== null) return { kind: "overtaken" };
    const [session] = await orm.select({ oneTimeHash: sessions.oneTimeHash }).from(sessions).where(eq(sessions.id, sessionId));
    if (session?.oneTimeHash && (await verifyPassword(session.oneTimeHash, input.newPassword))) return { kind: "same_as_one_time" };
  } else {
    if (!(await verifyPassword(oldHash, input.currentPassword))) return { kind: "wrong_current" };
    if (input.newPassword === input.currentPassword) return { kind: "same_as_current" };
  }
  const newHash = await hashPassword(input.newPassword);

  return withTransaction(orm, async (tx) => {
    const [changed] = await tx
      .update(users)
      .set({ passwordHash: newHash, passwordOneTime: false, sessionVersion: sql`${users.sessionVersion} + 1` })
      .where(and(eq(users.id, viewer.userId), oldHash === null ? isNull(users.passwordHash) : eq(users.passwordHash, oldHash)))
      .returning({ sessionVersion: users.sessionVersion });
    if (!changed) return { kind: "overtaken" };
    await tx
      .update(sessions)
      .set({ sessionVersion: changed.sessionVersion, mustChangePassword: false, oneTimeHash: null })
      .where(eq(sessions.id, sessionId));
    await recordAudit(tx, {
      actor: { kind: "user", userId: viewer.userId, address: input.address ?? undefined },
      action: "user.change_password",
      subject: viewer.userId,
    });
    return { kind: "changed" };
  });
}
