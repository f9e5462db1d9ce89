import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { recordAudit } from "@/lib/audit/record-audit";
import { queueMail } from "@/lib/mail/queue-mail";
import { lockAddress } from "@/lib/users/lock-address";
import { takeLink, TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";
import { otherOwnerOf } from "@/lib/users/send-verification";

export type ConfirmEmailChangeResult =
  { kind: "changed"; userId: string; email: string } | { kind: "dead_link" } | { kind: "address_taken" };

type Change = { secret: string; now: Date; address: string | null };

/** The new address is proved and becomes the user's; the old one is told, and links for a new password that went there are void. */
export async function confirmEmailChange(tx: Tx, { secret, now, address }: Change): Promise<ConfirmEmailChangeResult> {
  const link = await takeLink(tx, { kind: "change_email", secret, now });
  if (!link) return { kind: "dead_link" };
  const { userId, email } = link;
  await lockAddress(tx, email);
  if ((await otherOwnerOf(tx, { userId, email })) !== null) return { kind: "address_taken" };
  const [user] = await tx
    .select({ email: users.email })
    .from(users)
    .where(and(eq(users.id, userId), eq(users.status, "active")))
    .for("update");
  if (!user) return { kind: "dead_link" };
  await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now });
  await tx.update(users).set({ email, emailVerifiedAt: now }).where(eq(users.id, userId));
  const mail = { kind: "security_changed", payload: { event: "email_changed", left: null } } as const;
  if (user.email !== null) await queueMail(tx, { ...mail, userId, recipient: user.email });
  const actor = { kind: "user", userId, address: address ?? undefined } as const;
  await recordAudit(tx, { actor, action: "user.change_email", subject: userId });
  return { kind: "changed", userId, email };
}
