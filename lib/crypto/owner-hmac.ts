import { createHmac, hkdfSync } from "node:crypto";

const KEY_BYTES = 32;

/**
 * What an operator's key shows upstream instead of a customer's own value: the same for the same owner and value, and
 * different for any two owners, so that customers who share one upstream account cannot meet there. Of several master keys the
 * oldest counts, which stands last: a rotation changes nothing for as long as the old key is listed.
 */
export function ownerHmac(masterKeys: string, ownerId: string, value: string): string {
  return createHmac("sha256", ownerIdKey(masterKeys)).update(`owner\0${ownerId}\0${value}`).digest("base64url");
}

/** By the setting's text, of which a process has one: this is asked for every request. */
const derived = new Map<string, Buffer>();

function ownerIdKey(masterKeys: string): Buffer {
  let key = derived.get(masterKeys);
  if (!key) {
    const oldest = masterKeys.slice(masterKeys.lastIndexOf(",") + 1).trim();
    key = Buffer.from(hkdfSync("sha256", oldest, "", "switchyard owner id", KEY_BYTES));
    derived.set(masterKeys, key);
  }
  return key;
}
