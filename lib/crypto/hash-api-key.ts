import { createHash } from "node:crypto";

/** SHA-256 of the whole secret. A plain hash is enough: the secret has 256 random bits, so there is nothing to guess. */
export function hashApiKey(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
