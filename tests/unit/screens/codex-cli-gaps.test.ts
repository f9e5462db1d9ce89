import { expect, test } from "vitest";
import { codexCliGapOfNew, codexCliGaps } from "@/components/lanes/codex-cli-gaps";

const key = { id: "key", name: "laptop", status: "active", laneIds: null, spillCannotToWallet: false } as const;
const lane = (kind: "codex" | "api_key" | "wallet", state: "ready" | "paused" | "signed_out" = "ready") => ({ id: kind, kind, state });
const [codex, own, wallet] = [lane("codex"), lane("api_key"), lane("wallet")];
const named = { id: "key", name: "laptop" };

test("a key whose Codex CLI would be refused is named, with whether the wallet could help", () => {
  expect(codexCliGaps([key], [codex, wallet])).toEqual([{ key: named, walletCould: true }]);
  expect(codexCliGaps([key], [codex, lane("api_key", "paused"), wallet])).toEqual([{ key: named, walletCould: true }]);
  expect(codexCliGaps([key], [lane("codex", "signed_out"), wallet])).toEqual([{ key: named, walletCould: true }]);
  expect(codexCliGaps([key], [codex, lane("wallet", "paused")])).toEqual([{ key: named, walletCould: false }]);
  expect(codexCliGaps([{ ...key, laneIds: ["codex"] }], [codex, own, wallet])).toEqual([{ key: named, walletCould: false }]);
});

test("a key whose Codex CLI somebody answers is not", () => {
  expect(codexCliGaps([key], [codex, own, wallet])).toEqual([]);
  expect(codexCliGaps([key], [own, codex, wallet])).toEqual([]);
  expect(codexCliGaps([key], [wallet, codex])).toEqual([]);
  expect(codexCliGaps([key], [lane("codex", "paused"), wallet])).toEqual([]);
  expect(codexCliGaps([{ ...key, spillCannotToWallet: true }], [codex, wallet])).toEqual([]);
  expect(codexCliGaps([{ ...key, status: "revoked" }], [codex, wallet])).toEqual([]);
  expect(codexCliGaps([{ ...key, laneIds: ["wallet"] }], [codex, wallet])).toEqual([]);
});

test("of a key that is yet to be made, the lanes that it is given decide", () => {
  expect(codexCliGapOfNew(null, [codex, wallet])).toEqual({ walletCould: true });
  expect(codexCliGapOfNew(["codex", "wallet"], [codex, own, wallet])).toEqual({ walletCould: true });
  expect(codexCliGapOfNew(["codex"], [codex, own, wallet])).toEqual({ walletCould: false });
  expect(codexCliGapOfNew(["wallet"], [codex, wallet])).toBeNull();
  expect(codexCliGapOfNew(null, [codex, own, wallet])).toBeNull();
  expect(codexCliGapOfNew([], [codex, wallet])).toBeNull();
});
