import { eq } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { keyHelpers } from "@/db/schema/keys";
import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { AppError } from "@/lib/errors/app-error";
import type { KeyCache } from "@/lib/keys/key-cache";
import { requireUsableKey } from "@/lib/keys/require-usable-key";
import { SHORT_KEY_LIFETIME_S, writeShortKey } from "@/lib/keys/short-key";
import type { Clock } from "@/lib/time/clock";

type Context = { cache: KeyCache; clock: Clock; clientAddress: string | null; publicUrl: string; masterKey: string };

/** What a helper's secret is exchanged for: a key that lives ten minutes, and not longer than the one it stands for. */
export async function issueShortKey(orm: Orm, secret: string, context: Context): Promise<{ key: string; expiresAt: Date }> {
  const setupPage = `${context.publicUrl}/dashboard/setup`;
  const found = await context.cache.findHelperByHash(hashApiKey(secret));
  if (!found) throw new AppError("key_invalid", `This helper's secret is not known. Set Codex up again at ${setupPage}.`);
  if (found.helper.revokedAt) throw new AppError("key_revoked", `This helper was revoked. Set Codex up again at ${setupPage}.`);
  requireUsableKey(found, context);
  const now = context.clock.now();
  const endsAtMs = Math.min(now.getTime() + SHORT_KEY_LIFETIME_S * 1000, found.key.expiresAt?.getTime() ?? Infinity);
  const expiresAt = new Date(Math.floor(endsAtMs / 1000) * 1000);
  await orm.update(keyHelpers).set({ lastUsedAt: now }).where(eq(keyHelpers.id, found.helper.id));
  return { key: writeShortKey(context.masterKey, { helperId: found.helper.id, expiresAt }), expiresAt };
}
