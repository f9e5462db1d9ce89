import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/*
 * Whoever has just given the password again may fetch their data for a few minutes, in the session in which they gave it. It stands in
 * a link, so that a browser can save what it leads to; on another device or later it leads to nothing.
 */

export const EXPORT_GRANT_S = 600;
const KEY_BYTES = 32;

type Holder = { userId: string; sessionId: string };

export function issueExportGrant(secret: string, holder: Holder, now: Date): string {
  const expiresAtMs = now.getTime() + EXPORT_GRANT_S * 1000;
  return `${expiresAtMs}.${signature(secret, holder, expiresAtMs).toString("base64url")}`;
}

export function isExportGrant(secret: string, { grant, now, ...holder }: Holder & { grant: string; now: Date }): boolean {
  const [expiresAtMs = "", tag = "", ...rest] = grant.split(".");
  const expected = signature(secret, holder, Number(expiresAtMs));
  const given = Buffer.from(tag, "base64url");
  const isRight = rest.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
  return isRight && Number(expiresAtMs) > now.getTime();
}

function signature(secret: string, { userId, sessionId }: Holder, expiresAtMs: number): Buffer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "switchyard data export", KEY_BYTES));
  return createHmac("sha256", key)
    .update(JSON.stringify([userId, sessionId, expiresAtMs]))
    .digest();
}
