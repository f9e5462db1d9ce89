import { and, eq, isNull, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { sessions, users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";
import { TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";

/** One of the user's own; doing it again changes nothing, and somebody else's does not exist. */
export async function revokeOneSession(
  tx: Tx,
  { userId, sessionId, now }: { userId: string; sessionId: string; now: Date },
): Promise<void> {
  const [own] = await tx
    .select({ revokedAt: sessions.revokedAt })
    .from(sessions)
    .where(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)));
  if (!own) throw new AppError("not_found", "There is no such session.");
  if (own.revokedAt === null) await tx.update(sessions).set({ revokedAt: now }).where(eq(sessions.id, sessionId));
}

/** Every session of the user but the one that asks, and what somebody may have begun in them. Returns how many there were. */
export async function revokeOtherSessions(tx: Tx, { userId, keep, now }: { userId: string; keep: string; now: Date }): Promise<number> {
  await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("update");
  await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now });
  const revoked = await tx
    .update(sessions)
    .set({ revokedAt: now })
    .where(and(eq(sessions.userId, userId), ne(sessions.id, keep), isNull(sessions.revokedAt)))
    .returning({ id: sessions.id });
  return revoked.length;
}
