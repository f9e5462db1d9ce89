import { expect, test } from "vitest";
import { identityHash } from "@/lib/crypto/identity-hash";

const OLD = "the first master key: 32 characters long";
const NEW = "a newer master key: also long enough here";

test("the same account is the same however it is written, and whatever key is put in front", () => {
  const hash = identityHash(OLD, "acct-1", "me@example.com");
  expect(identityHash(OLD, " ACCT-1", "Me@Example.com ")).toBe(hash);
  expect(identityHash(`${NEW}, ${OLD}`, "acct-1", "me@example.com")).toBe(hash);
  expect(identityHash(NEW, "acct-1", "me@example.com")).not.toBe(hash);
});

test("two people of one team are two, and the parts cannot be shifted into each other", () => {
  expect(identityHash(OLD, "team-1", "a@example.com")).not.toBe(identityHash(OLD, "team-1", "b@example.com"));
  expect(identityHash(OLD, "ab", "c")).not.toBe(identityHash(OLD, "a", "bc"));
});
