import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

/*
 * A box that anybody with the public key can close and only the private key opens: an ephemeral X25519 key agrees on a
 * secret, HKDF-SHA256 turns it into one AES-256-GCM key and nonce. Layout: ephemeral public key, tag, ciphertext.
 * The nonce is derived, not random: every box has an ephemeral key of its own, so no key is ever used twice.
 */

const PUBLIC_KEY_BYTES = 32;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** Both halves as base64url of the 32 raw bytes. */
export type BoxKeyPair = { publicKey: string; privateKey: string };

export function newBoxKeyPair(): BoxKeyPair {
  const jwk = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  if (!jwk.x || !jwk.d) throw new Error("x25519 key without its halves");
  return { publicKey: jwk.x, privateKey: jwk.d };
}

/** The public half of a private key, to see whether two halves belong together. */
export function boxPublicKeyOf(privateKey: string): string {
  return rawPublicKey(importPrivateKey(privateKey)).toString("base64url");
}

export function sealToPublicKey(input: { publicKey: string; plaintext: string; rowId: string }): Buffer {
  const recipient = importPublicKey(Buffer.from(input.publicKey, "base64url"));
  const ephemeral = generateKeyPairSync("x25519");
  const ephemeralPublic = rawPublicKey(ephemeral.privateKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const { key, nonce } = agree(shared, ephemeralPublic, rawPublicKey(recipient));
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(input.rowId));
  const ciphertext = Buffer.concat([cipher.update(input.plaintext, "utf8"), cipher.final()]);
  return Buffer.concat([ephemeralPublic, cipher.getAuthTag(), ciphertext]);
}

/** Throws when the box, the key or the row are not the ones that it was closed with. */
export function openSealedBox(input: { privateKey: string; box: Uint8Array; rowId: string }): string {
  const box = Buffer.from(input.box);
  const ephemeralPublic = box.subarray(0, PUBLIC_KEY_BYTES);
  const privateKey = importPrivateKey(input.privateKey);
  const shared = diffieHellman({ privateKey, publicKey: importPublicKey(ephemeralPublic) });
  const { key, nonce } = agree(shared, ephemeralPublic, rawPublicKey(privateKey));
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(input.rowId));
  decipher.setAuthTag(box.subarray(PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(box.subarray(PUBLIC_KEY_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
}

function agree(shared: Buffer, ephemeralPublic: Buffer, recipientPublic: Buffer): { key: Buffer; nonce: Buffer } {
  const salt = Buffer.concat([ephemeralPublic, recipientPublic]);
  const bytes = Buffer.from(hkdfSync("sha256", shared, salt, "switchyard box", KEY_BYTES + NONCE_BYTES));
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) };
}

function importPublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });
}

// PKCS #8 of an X25519 key is this header and the 32 bytes (RFC 8410); unlike a JWK it does not ask for the public half.
const PKCS8_HEADER = Buffer.from("302e020100300506032b656e04220420", "hex");

function importPrivateKey(privateKey: string): KeyObject {
  const raw = Buffer.from(privateKey, "base64url");
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, raw]), format: "der", type: "pkcs8" });
}

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  if (!x) throw new Error("not an x25519 key");
  return Buffer.from(x, "base64url");
}
