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
