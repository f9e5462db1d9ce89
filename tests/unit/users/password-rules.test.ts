import { expect, test } from "vitest";
import { passwordFault } from "@/lib/users/password-rules";

const owner = { username: "ada.lovelace", email: "countess@example.com", brandName: "Switchyard" };
const fault = (password: string) => passwordFault(password, owner);

test.each([
  "correct horse battery",
  "ünïcödé is fine too",
  "7f3k-99ab-dd02-xx",
  "an admin's long password",
  "ada.lovelace likes long walks",
])("%j is taken", async (password) => {
  expect(await fault(password)).toBeNull();
});

test("eleven characters are too few and 201 too many", async () => {
  expect(await fault("elevenchars")).toMatch(/12 characters or more/);
  expect(await fault("x y".repeat(67))).toMatch(/200 characters or fewer/);
});

test.each(["123456789987654321", "Leavemealone", "qwerty123456", "1qaz2wsx3edc"])("%j is on the list", async (password) => {
  expect(await fault(password)).toMatch(/tried first/);
});

test.each(["password2026!!", "2026!!monkey2026", "dragondragondragon", "aaaaaaaaaaaaaa", "ababababababab"])(
  "%j is one of the list with something around it, or the same again",
  async (password) => {
    expect(await fault(password)).toMatch(/tried first/);
  },
);

test.each(["ada.lovelace1", "Switchyard2026", "countess@example.com!", "COUNTESS-countess", "ada.lovelace@switchyard"])(
  "%j is little beside names that everybody knows",
  async (password) => {
    expect(await fault(password)).toMatch(/do not count/);
  },
);
