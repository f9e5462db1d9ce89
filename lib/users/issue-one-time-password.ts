import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { lockUser } from "@/lib/users/lock-user";
import { TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";

/** Replaces the password by a one-time one, ends every session of the user and makes void what was mailed to get in without it. */
export async function issueOneTimePassword(
  tx: Tx,
  input: { userId: string; passwordHash: string; actor: Actor; now: Date },
): Promise<void> {
  await lockUser(tx, input.userId);
  await tx
    .update(users)
    .set({ passwordHash: input.passwordHash, passwordOneTime: true, sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, input.userId));
  await voidLinks(tx, { userId: input.userId, kinds: TAKEOVER_LINKS, now: input.now });
  await recordAudit(tx, { actor: input.actor, action: "user.one_time_password", subject: input.userId });
}
