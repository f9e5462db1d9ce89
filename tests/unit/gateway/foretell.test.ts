import { describe, expect, test } from "vitest";
import { foretell } from "@/lib/gateway/foretell";
import { planLanes, type PlanInput } from "@/lib/gateway/plan-lanes";
import type { CodexLane, GatewayLane, PaidLane, SpillRules } from "@/lib/gateway/ports";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";

const NOW = new Date("2026-11-21T12:00:00Z");
const LATER = new Date("2026-11-21T14:00:00Z");
const NEVER: SpillRules = { busy: "none", lostToWallet: false, cannotToWallet: false };
const known = { stateReason: null, stateUntil: null };
const UPSTREAM = { baseUrl: "https://x.example/v1", apiVersion: null, operatorKey: false, providerId: null } as PaidLane["upstream"];

const codex = (id: string, more: Partial<CodexLane> = {}): CodexLane => {
  return { ...known, id, label: id, state: "ready", kind: "codex", accountId: `acct_${id}`, closedModels: {}, upstream: null, ...more };
};
const own = (id: string, more: Partial<PaidLane> = {}): PaidLane => {
  return { ...known, id, label: id, state: "ready", kind: "api_key", upstream: UPSTREAM, ...more };
};

function told(lanes: readonly GatewayLane[], options: { body?: object; spill?: Partial<SpillRules>; thread?: PlanInput["thread"] } = {}) {
  const scan = scanBody(Buffer.from(JSON.stringify({ model: "gpt-5.5", input: "hello", ...options.body })));
  const spill = { ...NEVER, ...options.spill };
  const plan = planLanes({
    lanes,
    facts: readFacts("responses", scan),
    model: "gpt-5.5",
    price: null,
    storedOn: undefined,
    webSearchCallsMax: 10,
    codexVerdict: judgeForCodex("responses", scan.value, { strict: false }),
    codexLanesOn: true,
    spill,
    thread: options.thread ?? null,
    now: NOW,
  });
  return foretell(plan, lanes, spill);
}

const verdicts = (lanes: ReturnType<typeof told>) => lanes.map((lane) => `${lane.label} ${lane.does}`);

describe("what would happen", () => {
  test("the first from the top that can answers, and the next stand by", () => {
    const lanes = [codex("a", { state: "paused" }), codex("b"), own("key")];
    expect(verdicts(told(lanes))).toEqual(["a is_passed_over", "b answers", "key stands_by"]);
  });

  test("a paid lane that stands by says what opens it for this key", () => {
    expect(told([codex("a"), own("key")])[1]).toMatchObject({ opensWhen: ["exhausted", "lost", "cannot"] });
    expect(told([codex("a"), own("key")], { spill: { busy: "own_key" } })[1]).toMatchObject({
      opensWhen: ["exhausted", "lost", "cannot", "busy"],
    });
    expect(told([own("key"), own("second")])[1]).toMatchObject({ does: "stands_by", opensWhen: null });
  });

  test("a closed window opens the paid lane below it, which says so", () => {
    const closed = codex("a", { state: "exhausted", stateUntil: LATER });
    expect(told([closed, own("key")])).toMatchObject([
      { does: "is_passed_over", reason: "exhausted", evidence: expect.stringContaining("resets 2026-11-21T14:00") as string },
      { does: "answers", spill: "exhausted" },
    ]);
  });

  test("a paid lane that the Codex lane above keeps closed names it and why", () => {
    const wallet: PaidLane = { ...own("wallet"), kind: "wallet" };
    const lanes = [codex("a", { state: "signed_out" }), { ...own("key"), id: "key" }, wallet];
    expect(verdicts(told(lanes))).toEqual(["a is_passed_over", "key answers", "wallet is_passed_over"]);
    const cooling = codex("a", { state: "cooling", stateReason: "overloaded", stateUntil: LATER });
    expect(told([cooling, codex("b", { state: "signed_out" }), own("key")])).toMatchObject([
      { does: "answers", label: "a" },
      { does: "is_passed_over", label: "b" },
      { does: "stays_closed", behind: "a" },
    ]);
  });

  test("what Codex leaves out, and what it cannot do, is named", () => {
    expect(told([codex("a")], { body: { temperature: 0.2 } })[0]).toMatchObject({ does: "answers", ignored: ["temperature"] });
    expect(told([codex("a"), own("key")], { body: { tools: [{ type: "web_search" }] } })).toMatchObject([
      { does: "is_passed_over", reason: "cannot" },
      { does: "answers", spill: "cannot" },
    ]);
  });

  test("a thread's own lane comes first and says why", () => {
    const pin = { laneId: "b", turnId: null, pinnedAt: NOW, lastUsedAt: NOW, foreignItems: 0 };
    const thread = { id: "t", turnId: null, continuesTurn: false, pin, sealed: { itemsCount: 0, reasoning: [], otherType: null } };
    expect(told([codex("a"), codex("b")], { thread })).toMatchObject([
      { label: "b", does: "answers", isPinned: true },
      { label: "a", does: "stands_by" },
    ]);
  });
});
