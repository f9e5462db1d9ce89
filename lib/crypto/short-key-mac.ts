import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;

/** By the setting's text, of which a process has one. */
const derived = new Map<string, Buffer[]>();

/** Signed with the first master key; the others are known too, so that a rotation ends no key before its ten minutes. */
export function shortKeyMac(masterKeys: string, text: string): string {
  return macWith(macKeys(masterKeys)[0]!, text).toString("base64url");
}

export function isShortKeyMac(masterKeys: string, text: string, mac: string): boolean {
  const given = Buffer.from(mac, "base64url");
  return macKeys(masterKeys).some((key) => {
    const expected = macWith(key, text);
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
}

function macWith(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function macKeys(masterKeys: string): Buffer[] {
  let keys = derived.get(masterKeys);
  if (!keys) {
    keys = masterKeys
      .split(",")
      .map((secret) => Buffer.from(hkdfSync("sha256", secret.trim(), "", "switchyard short-lived key", KEY_BYTES)));
    derived.set(masterKeys, keys);
  }
  return keys;
}
