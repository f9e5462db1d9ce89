import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** 32 bytes, and the name under which rows remember it. */
export type SealKey = { id: string; key: Buffer };

type Sealed = { sealed: Buffer; keyId: string };

export type Sealer = {
  seal(plaintext: string, rowId: string): Sealed;
  /** Throws when the bytes, the key or the row are not the ones that were sealed. */
  open(sealed: Uint8Array, keyId: string, rowId: string): string;
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM: nonce, tag, ciphertext. The row's id is authenticated with it, so that a sealed value copied into another
 * row does not open. The first key seals; any of them opens, which is what makes rotation possible.
 */
export function createSealer(keys: readonly [SealKey, ...SealKey[]]): Sealer {
  const [current] = keys;
  const byId = new Map(keys.map((entry) => [entry.id, entry.key]));
  return {
    seal(plaintext, rowId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", current.key, nonce);
      cipher.setAAD(Buffer.from(rowId));
      const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]), keyId: current.id };
    },
    open(sealed, keyId, rowId) {
      const key = byId.get(keyId);
      if (!key) throw new Error(`no master key with id ${keyId}: add the old one to SWITCHYARD_MASTER_KEY after the current one`);
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(rowId));
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
    },
  };
}
