import { describe, expect, test } from "vitest";
import { maySpill, openPaidLane } from "@/lib/gateway/may-spill";
import type { CodexLane, GatewayLane, PaidLane, SpillRules } from "@/lib/gateway/ports";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

const NEVER: SpillRules = { busy: "none", lostToWallet: false, cannotToWallet: false };
const known = { stateReason: null, stateUntil: null, upstream: null };
const codex = (id: string, state: CodexLane["state"] = "ready"): CodexLane => {
  return { ...known, id, label: id, state, kind: "codex", accountId: `acct_${id}`, closedModels: {} };
};
const paid = (id: string, kind: PaidLane["kind"]): PaidLane => ({ ...known, id, label: id, state: "ready", kind });

type Row = [why: DeclineClass, rules: Partial<SpillRules>, opens: { api_key: boolean; wallet: boolean }];

test.each<Row>([
  ["exhausted", {}, { api_key: true, wallet: true }],
  ["exhausted", { busy: "any", lostToWallet: true, cannotToWallet: true }, { api_key: true, wallet: true }],
  ["lost", {}, { api_key: true, wallet: false }],
  ["lost", { busy: "any", cannotToWallet: true }, { api_key: true, wallet: false }],
  ["lost", { lostToWallet: true }, { api_key: true, wallet: true }],
  ["cannot", {}, { api_key: true, wallet: false }],
  ["cannot", { busy: "any", lostToWallet: true }, { api_key: true, wallet: false }],
  ["cannot", { cannotToWallet: true }, { api_key: true, wallet: true }],
  ["busy", {}, { api_key: false, wallet: false }],
  ["busy", { lostToWallet: true, cannotToWallet: true }, { api_key: false, wallet: false }],
  ["busy", { busy: "own_key" }, { api_key: true, wallet: false }],
  ["busy", { busy: "any" }, { api_key: true, wallet: true }],
])("%s with %j opens %j", (why, rules, opens) => {
  expect({
    api_key: maySpill("api_key", why, { ...NEVER, ...rules }),
    wallet: maySpill("wallet", why, { ...NEVER, ...rules }),
  }).toEqual(opens);
});

describe("a paid lane", () => {
  const own = paid("own", "api_key");
  const wallet = paid("wallet", "wallet");
  const open = (lane: PaidLane, lanes: GatewayLane[], standings: Record<string, DeclineClass>, rules: Partial<SpillRules> = {}) =>
    openPaidLane(lane, lanes, new Map(Object.entries(standings)), { ...NEVER, ...rules });

  test("above the Codex lanes takes nothing over", () => {
    expect(open(own, [own, codex("a")], {})).toEqual({ kind: "open", reason: null });
  });

  test("is opened by all of the Codex lanes above it, and by no fewer", () => {
    const lanes = [codex("a"), codex("b"), wallet];
    expect(open(wallet, lanes, { a: "exhausted", b: "exhausted" })).toEqual({ kind: "open", reason: "exhausted" });
    expect(open(wallet, lanes, { a: "exhausted", b: "busy" })).toMatchObject({ kind: "closed", by: { id: "b" }, class: "busy" });
    expect(open(wallet, lanes, { a: "exhausted" })).toMatchObject({ kind: "closed", by: { id: "b" } });
  });

  test("is not concerned by what stands below it", () => {
    expect(open(own, [codex("a"), own, codex("b")], { a: "lost" })).toEqual({ kind: "open", reason: "lost" });
  });

  test("sees through a lane that its owner has paused", () => {
    expect(open(wallet, [codex("a", "paused"), wallet], {})).toEqual({ kind: "open", reason: null });
  });

  test("is explained by what asked most of its owner's permission", () => {
    const lanes = [codex("a"), codex("b"), own];
    expect(open(own, lanes, { a: "exhausted", b: "cannot" })).toEqual({ kind: "open", reason: "cannot" });
    expect(open(own, lanes, { a: "busy", b: "lost" }, { busy: "own_key" })).toEqual({ kind: "open", reason: "busy" });
  });
});
