import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;
const TAG_BYTES = 18;

/** In the mail to the address of a connected ChatGPT account: whoever holds it may sign that account out here, and nothing else. */
export function disconnectToken(masterKeys: string, accountId: string): string {
  return `${accountId}.${tagOf(masterKeys.split(",")[0] ?? "", accountId).toString("base64url")}`;
}

/** Of which account, or null for a token that is not ours. A mail outlives a rotation: every listed master key counts. */
export function readDisconnectToken(masterKeys: string, token: string): string | null {
  const [accountId = "", tag = "", ...rest] = token.split(".");
  const given = Buffer.from(tag, "base64url");
  if (rest.length > 0 || given.length !== TAG_BYTES) return null;
  return masterKeys.split(",").some((key) => timingSafeEqual(tagOf(key, accountId), given)) ? accountId : null;
}

function tagOf(masterKey: string, accountId: string): Buffer {
  const key = Buffer.from(hkdfSync("sha256", masterKey.trim(), "", "switchyard disconnect link", KEY_BYTES));
  return createHmac("sha256", key).update(accountId).digest().subarray(0, TAG_BYTES);
}
