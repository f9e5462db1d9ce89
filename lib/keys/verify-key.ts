import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { AppError } from "@/lib/errors/app-error";
import { isAddressAllowed } from "@/lib/http/address-allow-list";
import type { HeaderMap } from "@/lib/http/call";
import type { CachedKey, KeyCache } from "@/lib/keys/key-cache";
import type { Clock } from "@/lib/time/clock";

/** The key of a call, from its headers alone: nothing of the body has been read when this says no. */
export async function verifyKey(
  headers: HeaderMap,
  context: { cache: KeyCache; clock: Clock; clientAddress: string | null; publicUrl: string },
): Promise<CachedKey> {
  const secret = /^bearer +(\S+) *$/i.exec(headers["authorization"] ?? "")?.[1];
  const keysPage = `${context.publicUrl}/dashboard`;
  if (secret === undefined) throw new AppError("key_invalid", `Send your API key as "Authorization: Bearer …". Make one at ${keysPage}.`);
  const found = await context.cache.find(hashApiKey(secret));
  if (!found) throw new AppError("key_invalid", `This API key is not known. Check it at ${keysPage}.`);
  const { key, user } = found;
  if (key.revokedAt) throw new AppError("key_revoked", `This API key was revoked. Make a new one at ${keysPage}.`);
  if (key.expiresAt && key.expiresAt <= context.clock.now())
    throw new AppError("key_expired", `This API key has expired. Make a new one at ${keysPage}.`);
  if (!isAddressAllowed(context.clientAddress, key.ipAllow)) {
    throw new AppError(
      "ip_not_allowed",
      `This API key may not be used from ${context.clientAddress ?? "an unknown address"}. Change that at ${keysPage}.`,
    );
  }
  if (user.status !== "active") throw new AppError("paused", "This account is suspended. Ask the operator.");
  return found;
}
