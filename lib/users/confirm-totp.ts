import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Sealer } from "@/lib/crypto/sealer";
import { queueMail } from "@/lib/mail/queue-mail";
import { TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";
import { replaceRecoveryCodes } from "@/lib/users/recovery-codes";
import { isSetupOpen, openTotpSecret, totpStep } from "@/lib/users/totp";

export type ConfirmTotpResult =
  | { kind: "confirmed"; recoveryCodes: string[] }
  | { kind: "wrong_code" }
  /** Nothing was started, or too long ago, or it is on already. */
  | { kind: "not_started" };

type Confirmation = { userId: string; code: string; sealer: Sealer; actor: Actor; now: Date };

/** Turns the second factor on; what was mailed before to get in without it is void. The recovery codes are shown this once. */
export async function confirmTotp(tx: Tx, { userId, code, sealer, actor, now }: Confirmation): Promise<ConfirmTotpResult> {
  const isStarted = and(eq(users.id, userId), isNull(users.totpConfirmedAt));
  const [user] = await tx
    .select({ totpSecret: users.totpSecret, totpStartedAt: users.totpStartedAt })
    .from(users)
    .where(isStarted)
    .for("update");
  if (!user?.totpSecret || !isSetupOpen(user, now)) return { kind: "not_started" };
  const secret = openTotpSecret(sealer, user.totpSecret, userId);
  const step = totpStep({ secret, code: code.replaceAll(/\s/g, ""), now });
  if (step === null) return { kind: "wrong_code" };
  await tx.update(users).set({ totpConfirmedAt: now, totpLastStep: step }).where(isStarted);
  const codes = await replaceRecoveryCodes(tx, userId);
  await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now });
  await queueMail(tx, { kind: "security_changed", userId, payload: { event: "totp_on", left: null } });
  await recordAudit(tx, { actor, action: "user.totp_on", subject: userId });
  return { kind: "confirmed", recoveryCodes: codes };
}
