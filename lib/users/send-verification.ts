import { and, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { queueMail } from "@/lib/mail/queue-mail";
import { insertLink, LINK_HOURS, voidLinks, type DrawnLink } from "@/lib/users/mail-links";

type Verification = { userId: string; email: string; link: DrawnLink; now: Date };

/**
 * Mails the link that proves an address, and makes the former ones void. When somebody else has the address its owner is told
 * instead, and the link is known to nobody; apart from that everything is done alike, so that nothing tells the two apart.
 */
export async function sendVerification(tx: Tx, { userId, email, link, now }: Verification): Promise<void> {
  const kind = "verify_email";
  await voidLinks(tx, { userId, kinds: [kind], now });
  await insertLink(tx, { link, kind, userId, email, now });
  const ownerId = await otherOwnerOf(tx, { userId, email });
  if (ownerId !== null) await queueMail(tx, { kind: "address_taken", userId: ownerId, payload: {} });
  else await queueMail(tx, { kind, userId, recipient: email, payload: { link: link.sealed, hours: LINK_HOURS[kind] } });
}

/** Who else has the address; null: nobody. Nobody has an address before they have proved it. */
export async function otherOwnerOf(tx: Tx, { userId, email }: { userId: string; email: string }): Promise<string | null> {
  const [other] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(sql`lower(${users.email}) = lower(${email})`, ne(users.id, userId)));
  return other?.id ?? null;
}
