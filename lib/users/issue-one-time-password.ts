import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";

/** Replaces the password by a one-time one and ends every session of the user. */
export async function issueOneTimePassword(tx: Tx, input: { userId: string; passwordHash: string; actor: Actor }): Promise<void> {
  const changed = await tx
    .update(users)
    .set({ passwordHash: input.passwordHash, passwordOneTime: true, sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, input.userId))
    .returning({ id: users.id });
  if (changed.length === 0) throw new AppError("not_found", "There is no such user.");
  await recordAudit(tx, { actor: input.actor, action: "user.one_time_password", subject: input.userId });
}
