import { expect, test } from "vitest";
import { disconnectToken, readDisconnectToken } from "@/lib/codex/disconnect-link";

const KEY = "a master key of at least 32 characters";
const OTHER = "another master key of enough characters";

test("a token names its account under any listed master key, and under no other", () => {
  const token = disconnectToken(KEY, "acct_1");
  expect(readDisconnectToken(KEY, token)).toBe("acct_1");
  expect(readDisconnectToken(`${OTHER}, ${KEY}`, token)).toBe("acct_1");
  expect(readDisconnectToken(OTHER, token)).toBeNull();
});

test("a token of one account does not fit another, and rubbish fits none", () => {
  const [, tag] = disconnectToken(KEY, "acct_1").split(".");
  for (const token of [`acct_2.${tag}`, "acct_1", "acct_1.", `acct_1.${tag}.x`, `.${tag}`, ""]) {
    expect(readDisconnectToken(KEY, token)).toBeNull();
  }
});
