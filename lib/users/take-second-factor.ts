import { and, eq, isNotNull, isNull, lt, or } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Sealer } from "@/lib/crypto/sealer";
import { queueMail } from "@/lib/mail/queue-mail";
import type { Act } from "@/lib/users/act-limiter";
import { countRecoveryCodes, takeRecoveryCode } from "@/lib/users/recovery-codes";
import { openTotpSecret, totpStep } from "@/lib/users/totp";

export type SecondFactor = "totp" | "recovery_code";

type Given = { userId: string; code: string; sealer: Sealer; now: Date };

/** As what a try with this code is counted. */
export function secondFactorAct(code: string): Act {
  return isTotpCode(withoutBlanks(code)) ? "code" : "recovery_code";
}

/**
 * Uses up a code of the authenticator, or a recovery code; null: it is neither, or was used before. Only for a user whose second
 * factor is on. Count the tries before, as `secondFactorAct` says.
 */
export async function takeSecondFactor(tx: Tx, { userId, code, sealer, now }: Given): Promise<SecondFactor | null> {
  const digits = withoutBlanks(code);
  if (isTotpCode(digits)) return (await takeTotp(tx, { userId, code: digits, sealer, now })) ? "totp" : null;
  if (!(await takeRecoveryCode(tx, { userId, code, now }))) return null;
  const left = await countRecoveryCodes(tx, userId);
  await queueMail(tx, { kind: "security_changed", userId, payload: { event: "recovery_code_used", left } });
  return "recovery_code";
}

function withoutBlanks(code: string): string {
  return code.replaceAll(/\s/g, "");
}

function isTotpCode(digits: string): boolean {
  return /^\d{6}$/.test(digits);
}

async function takeTotp(tx: Tx, { userId, code, sealer, now }: Given): Promise<boolean> {
  const isOn = and(eq(users.id, userId), isNotNull(users.totpConfirmedAt));
  const [user] = await tx.select({ totpSecret: users.totpSecret }).from(users).where(isOn);
  if (!user?.totpSecret) return false;
  const step = totpStep({ secret: openTotpSecret(sealer, user.totpSecret, userId), code, now });
  if (step === null) return false;
  // Claimed in one statement: of two who send the same code at once, one is right.
  const claimed = await tx
    .update(users)
    .set({ totpLastStep: step })
    .where(and(isOn, eq(users.totpSecret, user.totpSecret), or(isNull(users.totpLastStep), lt(users.totpLastStep, step))))
    .returning({ id: users.id });
  return claimed.length === 1;
}
