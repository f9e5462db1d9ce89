import { and, eq, isNotNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { queueMail } from "@/lib/mail/queue-mail";
import { dropRecoveryCodes } from "@/lib/users/recovery-codes";

/** Turns the second factor off and forgets its secret and codes. Doing it again changes nothing. The caller has asked for a code before. */
export async function disableTotp(tx: Tx, { userId, actor, note }: { userId: string; actor: Actor; note?: string }): Promise<boolean> {
  const [off] = await tx
    .update(users)
    .set({ totpSecret: null, totpStartedAt: null, totpConfirmedAt: null, totpLastStep: null })
    .where(and(eq(users.id, userId), isNotNull(users.totpSecret)))
    .returning({ id: users.id });
  if (!off) return false;
  await dropRecoveryCodes(tx, userId);
  await queueMail(tx, { kind: "security_changed", userId, payload: { event: "totp_off", left: null } });
  await recordAudit(tx, { actor, action: "user.totp_off", subject: userId, note });
  return true;
}
