import { and, eq, isNull } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Sealer } from "@/lib/crypto/sealer";
import { AppError } from "@/lib/errors/app-error";
import { isSetupOpen, newTotpSecret, openTotpSecret, sealTotpSecret, totpUri } from "@/lib/users/totp";

/** `secret` is for typing in by hand, `uri` for the QR code: `totpQr(uri)`. */
export type TotpSetup = { secret: string; uri: string };

type Setup = { userId: string; sealer: Sealer; brandName: string; now: Date };

/** Draws a secret, which asks for nothing until `confirmTotp` was given a right code, soon. Doing it again draws another one. */
export async function startTotp(tx: Tx, { userId, sealer, brandName, now }: Setup): Promise<TotpSetup> {
  const secret = newTotpSecret();
  const [user] = await tx
    .update(users)
    .set({ totpSecret: sealTotpSecret(sealer, secret, userId), totpStartedAt: now, totpLastStep: null })
    .where(and(eq(users.id, userId), isNull(users.totpConfirmedAt), eq(users.status, "active")))
    .returning({ username: users.username });
  if (!user) throw new AppError("conflict", "Two-factor sign-in is on already. Turn it off first to set up another authenticator.");
  return { secret, uri: totpUri({ secret, username: user.username, brandName }) };
}

/** What was started and not confirmed yet, to show it again; null: nothing. */
export async function readTotpSetup(reader: Reader, { userId, sealer, brandName, now }: Setup): Promise<TotpSetup | null> {
  const [user] = await reader
    .select({ username: users.username, totpSecret: users.totpSecret, totpStartedAt: users.totpStartedAt })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.totpConfirmedAt)));
  if (!user?.totpSecret || !isSetupOpen(user, now)) return null;
  const secret = openTotpSecret(sealer, user.totpSecret, userId);
  return { secret, uri: totpUri({ secret, username: user.username, brandName }) };
}
