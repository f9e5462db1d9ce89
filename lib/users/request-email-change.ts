import { and, eq } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import type { Sealer } from "@/lib/crypto/sealer";
import { queueMail } from "@/lib/mail/queue-mail";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { drawLink, insertLink, LINK_HOURS, voidLinks } from "@/lib/users/mail-links";
import { otherOwnerOf } from "@/lib/users/send-verification";

export type RequestEmailChangeResult =
  | { kind: "mailed" }
  /** It is the address that the user has. */
  | { kind: "same" }
  | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/**
 * Mails a link to the new address, and tells the old one, from where it can still be stopped; nothing changes before the link is used.
 * Ask for the password first. An address that somebody else has gets no link but a warning, and the answer is the same.
 */
export async function requestEmailChange(
  { orm, clock, sealer, limiter }: Parts,
  { userId, newEmail, address }: { userId: string; newEmail: string; address: string | null },
): Promise<RequestEmailChangeResult> {
  // Also by the user: the address that they have is told each time.
  const retryAfterS =
    (await limiter.count("mail", { address: null, subject: userId })) ?? (await limiter.count("mail", { address, subject: newEmail }));
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };
  const link = drawLink(sealer);
  const now = clock.now();
  const kind = "change_email";
  return withTransaction(orm, async (tx) => {
    const [user] = await tx
      .select({ email: users.email })
      .from(users)
      .where(and(eq(users.id, userId), eq(users.status, "active")))
      .for("update");
    if (!user || user.email?.toLowerCase() === newEmail.toLowerCase()) return { kind: "same" };
    await voidLinks(tx, { userId, kinds: [kind], now });
    await insertLink(tx, { link, kind, userId, email: newEmail, now });
    await queueMail(tx, { kind: "security_changed", userId, payload: { event: "email_change_asked", left: null } });
    const ownerId = await otherOwnerOf(tx, { userId, email: newEmail });
    if (ownerId !== null) await queueMail(tx, { kind: "address_taken", userId: ownerId, payload: {} });
    else await queueMail(tx, { kind, userId, recipient: newEmail, payload: { link: link.sealed, hours: LINK_HOURS[kind] } });
    return { kind: "mailed" };
  });
}
