import { and, eq, isNotNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { queueMail } from "@/lib/mail/queue-mail";
import { replaceRecoveryCodes } from "@/lib/users/recovery-codes";

/** Ten new codes, shown this once; the former ones are worth nothing from here on. */
export async function newRecoveryCodes(tx: Tx, { userId, actor }: { userId: string; actor: Actor }): Promise<string[]> {
  const [user] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isNotNull(users.totpConfirmedAt)))
    .for("update");
  if (!user) throw new AppError("conflict", "Recovery codes come with two-factor sign-in, which is off.");
  const codes = await replaceRecoveryCodes(tx, userId);
  await queueMail(tx, { kind: "security_changed", userId, payload: { event: "recovery_codes_renewed", left: null } });
  await recordAudit(tx, { actor, action: "user.new_recovery_codes", subject: userId });
  return codes;
}
