import { createHmac, hkdfSync } from "node:crypto";

const KEY_BYTES = 32;

/**
 * By what a ChatGPT account is known again, here and in no other installation: OpenAI's id of the account, which a team
 * shares, with the id of the user in it. Unique among all accounts that are connected.
 *
 * Hashes are compared with each other for years and cannot be made anew from what is stored, so of several master keys the
 * oldest counts, which stands last: putting a new one in front changes no hash, and an old one that sealed rows stays listed.
 */
export function identityHash(masterKeys: string, openaiAccountId: string, openaiUserId: string): string {
  const identity = `${openaiAccountId.trim().toLowerCase()}\0${openaiUserId.trim().toLowerCase()}`;
  return createHmac("sha256", identityKey(masterKeys)).update(identity).digest("base64url");
}

/** By what a database knows the key again that its hashes were made with. No hash: those have both parts of an identity in them. */
export function identityKeyCheck(masterKeys: string): string {
  return createHmac("sha256", identityKey(masterKeys)).update("switchyard identity key check").digest("base64url");
}

function identityKey(masterKeys: string): Buffer {
  const oldest = masterKeys.slice(masterKeys.lastIndexOf(",") + 1).trim();
  return Buffer.from(hkdfSync("sha256", oldest, "", "switchyard chatgpt identity", KEY_BYTES));
}
