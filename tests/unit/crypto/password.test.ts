import { expect, test } from "vitest";
import { hashPassword, newPassword, verifyPassword } from "@/lib/crypto/password";

test("a password is kept as argon2id and verifies against its own hash only", async () => {
  const hash = await hashPassword("correct horse battery");
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(hash, "correct horse battery")).toBe(true);
  expect(await verifyPassword(hash, "correct horse batterz")).toBe(false);
});

test("without a hash nothing verifies", async () => {
  expect(await verifyPassword(null, "anything at all")).toBe(false);
});

test("a password is the same however the keyboard composed its letters", async () => {
  const composed = "pässwörter sind lang";
  expect(await verifyPassword(await hashPassword(composed.normalize("NFC")), composed.normalize("NFD"))).toBe(true);
});

test("generated passwords are readable and differ", () => {
  const made = Array.from({ length: 50 }, newPassword);
  expect(new Set(made).size).toBe(50);
  for (const password of made) expect(password).toMatch(/^([2-9a-km-np-z]{5}-){3}[2-9a-km-np-z]{5}$/);
});
