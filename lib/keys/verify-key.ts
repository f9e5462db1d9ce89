import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { AppError } from "@/lib/errors/app-error";
import type { HeaderMap } from "@/lib/http/call";
import type { CachedKey, KeyCache } from "@/lib/keys/key-cache";
import { requireUsableKey } from "@/lib/keys/require-usable-key";
import { readShortKey, SHORT_KEY_START } from "@/lib/keys/short-key";
import type { Clock } from "@/lib/time/clock";

type Context = { cache: KeyCache; clock: Clock; clientAddress: string | null; publicUrl: string; masterKey: string };

/** The key of a call, from its headers alone: nothing of the body has been read when this says no. */
export async function verifyKey(headers: HeaderMap, context: Context): Promise<CachedKey> {
  const secret = /^bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1];
  const keysPage = `${context.publicUrl}/dashboard/keys`;
  if (secret === undefined) throw new AppError("key_invalid", `Send your API key as "Authorization: Bearer …". Make one at ${keysPage}.`);
  const found = secret.startsWith(SHORT_KEY_START) ? await findByShortKey(secret, context) : await context.cache.find(hashApiKey(secret));
  if (!found) throw new AppError("key_invalid", `This API key is not known. Check it at ${keysPage}.`);
  requireUsableKey(found, context);
  return found;
}

/** The key that it stands for. */
async function findByShortKey(secret: string, { cache, clock, publicUrl, masterKey }: Context): Promise<CachedKey | null> {
  const short = readShortKey(masterKey, secret);
  const found = short && (await cache.findHelper(short.helperId));
  if (!short || !found) return null;
  if (found.helper.revokedAt) {
    throw new AppError("key_revoked", `The helper that fetched this key was revoked. Make a new one at ${publicUrl}/dashboard/setup.`);
  }
  if (short.expiresAt <= clock.now()) {
    throw new AppError("key_expired", "This short-lived key has expired. The helper that fetched it fetches another one.");
  }
  return found;
}
