import { isShortKeyMac, shortKeyMac } from "@/lib/crypto/short-key-mac";

/*
 * A key of ten minutes, as Codex's `auth.command` fetches it: `sk-sy-short.<helper>.<expiry>.<mac>`. No row stands for it. It names
 * the helper that fetched it, and through it the API key whose limits, budgets and log are its own; whether both still live is asked
 * at every request. The expiry is in Unix seconds, base 36.
 */

export const SHORT_KEY_START = "sk-sy-short.";
export const SHORT_KEY_LIFETIME_S = 600;

export type ShortKey = { helperId: string; expiresAt: Date };

export function writeShortKey(masterKeys: string, { helperId, expiresAt }: ShortKey): string {
  const text = `${SHORT_KEY_START}${helperId}.${Math.floor(expiresAt.getTime() / 1000).toString(36)}`;
  return `${text}.${shortKeyMac(masterKeys, text)}`;
}

/** Null: not signed by us. */
export function readShortKey(masterKeys: string, key: string): ShortKey | null {
  const [, text, helperId, expiry, mac] = /^(sk-sy-short\.(hlp_[0-9a-f]{32})\.([0-9a-z]{1,9}))\.([\w-]{43})$/.exec(key) ?? [];
  if (text === undefined || helperId === undefined || expiry === undefined || mac === undefined) return null;
  if (!isShortKeyMac(masterKeys, text, mac)) return null;
  return { helperId, expiresAt: new Date(Number.parseInt(expiry, 36) * 1000) };
}
