import { expect, test } from "vitest";
import { EXPORT_GRANT_S, isExportGrant, issueExportGrant } from "@/lib/users/export-grant";

const now = new Date("2026-11-21T12:00:00Z");
const holder = { userId: "usr_1", sessionId: "ses_1" };
const grant = issueExportGrant("secret", holder, now);
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);

test("opens the export in its session until it is too old", () => {
  expect(isExportGrant("secret", { ...holder, grant, now })).toBe(true);
  expect(isExportGrant("secret", { ...holder, grant, now: later(EXPORT_GRANT_S - 1) })).toBe(true);
  expect(isExportGrant("secret", { ...holder, grant, now: later(EXPORT_GRANT_S) })).toBe(false);
});

test("is worth nothing in another session, for another user, under another secret, prolonged or cut", () => {
  const [, tag = ""] = grant.split(".");
  const prolonged = `${later(86_400).getTime()}.${tag}`;
  expect(isExportGrant("secret", { ...holder, sessionId: "ses_2", grant, now })).toBe(false);
  expect(isExportGrant("secret", { ...holder, userId: "usr_2", grant, now })).toBe(false);
  expect(isExportGrant("other", { ...holder, grant, now })).toBe(false);
  for (const forged of [prolonged, grant.slice(0, -1), `${grant}.x`, "", ".", "9999999999999."]) {
    expect(isExportGrant("secret", { ...holder, grant: forged, now }), forged).toBe(false);
  }
});
