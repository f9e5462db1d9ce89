import { createHash, hkdfSync } from "node:crypto";
import type { SealKey } from "@/lib/crypto/sealer";

const KEY_BYTES = 32;

/**
 * The sealing keys in SWITCHYARD_MASTER_KEY: one secret, or several with commas between them while a rotation is under way.
 * The first one seals, every one opens. They are derived, so the secret itself encrypts nothing, and their ids follow from
 * them, so there is nothing more to configure.
 */
export function parseMasterKeys(text: string): [SealKey, ...SealKey[]] {
  const [first = "", ...others] = text.split(",").map((secret) => secret.trim());
  return [deriveSealKey(first), ...others.map(deriveSealKey)];
}

function deriveSealKey(secret: string): SealKey {
  if (secret === "") throw new Error("a master key is empty");
  const key = Buffer.from(hkdfSync("sha256", secret, "", "switchyard seal", KEY_BYTES));
  return { id: createHash("sha256").update("switchyard key id").update(key).digest("hex").slice(0, 12), key };
}
