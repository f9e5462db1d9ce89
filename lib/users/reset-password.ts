import { and, eq, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { recordAudit } from "@/lib/audit/record-audit";
import { queueMail } from "@/lib/mail/queue-mail";
import { takeLink, TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";

export type ResetPasswordResult = { kind: "reset"; userId: string } | { kind: "dead_link" };

type Reset = {
  secret: string;
  /** From `hashPassword`, of a password that has passed `passwordFault`. */
  passwordHash: string;
  now: Date;
  address: string | null;
};

/**
 * Sets the password, ends every session and makes every other link void that opens the account or moves it elsewhere. A link counts
 * only while its mailbox is the account's. A second factor is asked for at the next sign-in as before.
 */
export async function resetPassword(tx: Tx, { secret, passwordHash, now, address }: Reset): Promise<ResetPasswordResult> {
  const link = await takeLink(tx, { kind: "reset_password", secret, now });
  if (!link) return { kind: "dead_link" };
  const { userId } = link;
  const [changed] = await tx
    .update(users)
    .set({
      passwordHash,
      passwordOneTime: false,
      sessionVersion: sql`${users.sessionVersion} + 1`,
      // Whoever has the link reads the mailbox that it went to.
      emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, ${now.toISOString()}::timestamptz)`,
    })
    .where(and(eq(users.id, userId), sql`lower(${users.email}) = lower(${link.email})`, ne(users.status, "deleted")))
    .returning({ id: users.id });
  if (!changed) return { kind: "dead_link" };
  await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now });
  await queueMail(tx, { kind: "security_changed", userId, payload: { event: "password_reset", left: null } });
  const actor = { kind: "user", userId, address: address ?? undefined } as const;
  await recordAudit(tx, { actor, action: "user.reset_password", subject: userId });
  return { kind: "reset", userId };
}
