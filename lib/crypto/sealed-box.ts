import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto";

/*
 * A box that anybody with the public key can close and only the private key opens: an ephemeral X25519 key agrees on a
 * secret, HKDF-SHA256 turns it into one AES-256-GCM key and nonce. Layout: ephemeral public key, tag, ciphertext.
 * The nonce is derived, not random: every box has an ephemeral key of its own, so no key is ever used twice.
 */

const PUBLIC_KEY_BYTES = 32;
const PRIVATE_KEY_BYTES = 32;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/** Both halves as base64url of the 32 raw bytes. */
export type BoxKeyPair = { publicKey: string; privateKey: string };

export function newBoxKeyPair(): BoxKeyPair {
  const privateKey = newPrivateKey().toString("base64url");
  return { publicKey: boxPublicKeyOf(privateKey), privateKey };
}

/** The public half of a private key, to see whether two halves belong together. */
export function boxPublicKeyOf(privateKey: string): string {
  return rawPublicKey(importPrivateKey(Buffer.from(privateKey, "base64url"))).toString("base64url");
}

export function sealToPublicKey(input: { publicKey: string; plaintext: string; rowId: string }): Buffer {
  const recipient = importPublicKey(Buffer.from(input.publicKey, "base64url"));
  const ephemeral = importPrivateKey(newPrivateKey());
  const ephemeralPublic = rawPublicKey(ephemeral);
  const shared = diffieHellman({ privateKey: ephemeral, publicKey: recipient });
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
  const privateKey = importPrivateKey(Buffer.from(input.privateKey, "base64url"));
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

/**
 * Any 32 bytes are an X25519 key (RFC 7748, section 5). Node's own generator is left alone: when the garbage collector takes it away
 * while the key that it made is being exported, Node 20 waits for a lock that it holds itself, for ever.
 */
function newPrivateKey(): Buffer {
  return randomBytes(PRIVATE_KEY_BYTES);
}

// In DER both halves are a fixed header and the 32 bytes (RFC 8410).
const SPKI_HEADER = Buffer.from("302a300506032b656e032100", "hex");
const PKCS8_HEADER = Buffer.from("302e020100300506032b656e04220420", "hex");

function importPublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEADER, raw]), format: "der", type: "spki" });
}

function importPrivateKey(raw: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, raw]), format: "der", type: "pkcs8" });
}

function rawPublicKey(key: KeyObject): Buffer {
  const der = (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" });
  return der.subarray(SPKI_HEADER.length);
}
