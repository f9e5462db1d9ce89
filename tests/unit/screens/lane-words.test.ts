import { describe, expect, test } from "vitest";
import { laneWords } from "@/components/lanes/lane-words";
import type { LaneView } from "@/lib/lanes/read";

type Account = NonNullable<LaneView["account"]>;

const FULL = { availableUsd: "1.000000" };
const UNTIL = "2026-11-20T18:40:00.000Z";

function words(
  lane: Partial<LaneView>,
  account: Partial<Account> | null = null,
  around: { availableUsd?: string; codexOn?: boolean } = {},
) {
  const told = { kind: "codex", state: "ready", stateReason: null, stateUntil: null, account: account as Account | null, ...lane } as const;
  return laneWords(told, { wallet: { availableUsd: around.availableUsd ?? FULL.availableUsd }, codexOn: around.codexOn ?? true });
}

test("a wallet lane is empty for whoever has no credit, and says nothing of it when it is paused", () => {
  for (const availableUsd of ["0.000000", "-0.250000"]) expect(words({ kind: "wallet" }, null, { availableUsd }).word).toBe("empty");
  expect(words({ kind: "wallet" }, null, { availableUsd: "0.000001" }).word).toBe("ready");
  expect(words({ kind: "wallet", state: "paused" }, null, { availableUsd: "0.000000" }).word).toBe("paused");
  expect(words({ kind: "api_key" }, null, { availableUsd: "0.000000" }).word).toBe("ready");
});

describe("a Codex lane", () => {
  test.each([
    [{ state: "signed_out" }, { state: "new", stateReason: null }, "not signed in yet", /^Sign in with/],
    [
      { state: "signed_out" },
      { state: "signed_out", stateReason: "by_openai: token revoked" },
      "signed out",
      /^OpenAI ended .* Sign in again/,
    ],
    [{ state: "signed_out" }, { state: "signed_out", stateReason: "by_owner: signed out" }, "signed out", /^You signed out/],
    [
      { state: "signed_out" },
      { state: "new", stateReason: "identity_taken: It is connected elsewhere." },
      "signed out",
      /^It is connected elsewhere\.$/,
    ],
    [
      { state: "signed_out", stateReason: "sign-in expired" },
      { state: "signed_out", stateReason: "expired" },
      "signed out",
      /^Sign-in expired\. Sign in again/,
    ],
    [{ state: "signing_in" }, { state: "signing_in", stateReason: null }, "signing in", /code/],
    [{ state: "exhausted", stateUntil: UNTIL }, { state: "signed_in" }, "used up", /until it resets/],
    [
      { state: "cooling", stateReason: "container_failed: no space", stateUntil: UNTIL },
      { state: "signed_in" },
      "cooling down",
      /come up: no space$/,
    ],
    [{ state: "cooling", stateReason: "overloaded", stateUntil: UNTIL }, { state: "signed_in" }, "cooling down", /overloaded$/],
    [{ state: "paused" }, { state: "signed_in" }, "paused", /resumed/],
    [{ state: "ready" }, { state: "lost", stateReason: "Paused by OpenAI." }, "unavailable", /^Paused by OpenAI\.$/],
  ] as const)("in state %j with account %j is %s, with a sentence that says what to do", (lane, account, word, sentence) => {
    const said = words(lane, account);
    expect(said.word).toBe(word);
    expect(said.sentence).toMatch(sentence);
    expect(said.until).toBe("stateUntil" in lane ? UNTIL : null);
  });

  test("is switched off with all others by the operator, whatever else it would be, and the other kinds are not", () => {
    expect(words({ state: "exhausted", stateUntil: UNTIL }, null, { codexOn: false }).word).toBe("switched off");
    expect(words({ kind: "api_key" }, null, { codexOn: false }).word).toBe("ready");
  });
});
