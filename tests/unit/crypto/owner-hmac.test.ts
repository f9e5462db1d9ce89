import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { ownerHmac } from "@/lib/crypto/owner-hmac";

test("one owner's value is always the same upstream, and never another owner's", () => {
  const mine = ownerHmac("master", "usr_1", "thread-1");
  expect(ownerHmac("master", "usr_1", "thread-1")).toBe(mine);
  expect(ownerHmac("master", "usr_2", "thread-1")).not.toBe(mine);
  expect(ownerHmac("master", "usr_1", "thread-2")).not.toBe(mine);
  expect(ownerHmac("other", "usr_1", "thread-1")).not.toBe(mine);
  expect(mine).not.toContain("thread-1");
});

test("a rotation of the master key changes no name while the old key is listed", () => {
  const before = ownerHmac("old secret", "usr_1", "thread-1");
  expect(ownerHmac("new secret,old secret", "usr_1", "thread-1")).toBe(before);
  expect(ownerHmac("newest secret, new secret, old secret", "usr_1", "thread-1")).toBe(before);
  expect(ownerHmac("new secret", "usr_1", "thread-1")).not.toBe(before);
});

test("the master key itself signs nothing that leaves the house", () => {
  const raw = createHmac("sha256", "old secret").update("owner\0usr_1\0thread-1").digest("base64url");
  expect(ownerHmac("old secret", "usr_1", "thread-1")).not.toBe(raw);
});
