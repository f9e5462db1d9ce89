import { and, eq, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { UserRow } from "@/lib/users/find-user";
import { openSession, type OpenedSession } from "@/lib/users/sessions";

type Entry = { user: UserRow; address: string | null; userAgent: string | null; now: Date };

/**
 * For a password that was found right on this row. A one-time password is cleared by its first use: of two at once one finds the
 * hash gone, and so does a sign-in that raced a change of password. Null then.
 */
export async function openSessionByPassword(tx: Tx, { user, address, userAgent, now }: Entry): Promise<OpenedSession | null> {
  const { id: userId, passwordHash, passwordOneTime } = user;
  if (passwordHash === null) return null;
  const [claim] = await tx
    .update(users)
    .set({ passwordHash: passwordOneTime ? null : passwordHash })
    .where(and(eq(users.id, userId), eq(users.passwordHash, passwordHash), ne(users.status, "deleted")))
    .returning({ sessionVersion: users.sessionVersion });
  if (!claim) return null;
  return openSession(tx, {
    userId,
    sessionVersion: claim.sessionVersion,
    mustChangePassword: passwordOneTime,
    oneTimeHash: passwordOneTime ? passwordHash : null,
    address,
    userAgent,
    now,
  });
}
