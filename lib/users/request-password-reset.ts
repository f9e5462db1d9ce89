import { sql } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import type { Sealer } from "@/lib/crypto/sealer";
import { queueMail } from "@/lib/mail/queue-mail";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { drawLink, LINK_HOURS, linkExpiry } from "@/lib/users/mail-links";

/** Whether there is such an account is said by mail, to the address that was typed, and nowhere else. */
export type RequestResetResult = { kind: "mailed" } | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/**
 * The same statements for every address: one writes a link if there is a user, the other a mail. The user's row is locked as by
 * `lockUser`: an address that is just being given up, or whose user is just being deleted, gets no link.
 */
export async function requestPasswordReset(
  { orm, clock, sealer, limiter }: Parts,
  { email, address }: { email: string; address: string | null },
): Promise<RequestResetResult> {
  const retryAfterS = await limiter.count("reset_mail", { address, subject: email });
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };
  const link = drawLink(sealer);
  const now = clock.now();
  const kind = "reset_password";
  await withTransaction(orm, async (tx) => {
    const [owner] = await tx.execute<{ userId: string }>(sql`
      insert into mail_links (id, user_id, kind, hash, email, created_at, expires_at)
      select ${link.id}, u.id, ${kind}, decode(${link.hash.toString("hex")}, 'hex'), u.email, ${now.toISOString()}::timestamptz,
        ${linkExpiry(kind, now).toISOString()}::timestamptz
      from users u where lower(u.email) = lower(${email})
      for no key update
      returning user_id as "userId"`);
    if (owner) await queueMail(tx, { kind, userId: owner.userId, payload: { link: link.sealed, hours: LINK_HOURS[kind] } });
    else await queueMail(tx, { kind: "no_such_account", recipient: email, payload: {} });
  });
  return { kind: "mailed" };
}
