import { expect, test } from "vitest";
import { limitsOf, limitsOfRead } from "@/workers/codex-runner/app-server/reported-limits-of";
import type { RateLimitSnapshot } from "@/workers/codex-runner/app-server/app-server-protocol";

const NOW = new Date("2026-11-20T12:00:00Z");
const RESETS_AT_S = NOW.getTime() / 1000 + 3_600;

function snapshot(changes: Partial<RateLimitSnapshot>): RateLimitSnapshot {
  return { limitId: "codex", limitName: null, primary: null, secondary: null, credits: null, planType: null, ...changes };
}

test("windows are known by their length, whatever slot they come in", () => {
  const week = { usedPercent: 42, windowDurationMins: 10_080, resetsAt: RESETS_AT_S };
  expect(limitsOf(snapshot({ primary: week }), NOW).windows).toEqual([
    { limitId: "codex", limitName: null, windowMinutes: 10_080, usedPercent: 42, resetsAt: new Date(RESETS_AT_S * 1000) },
  ]);
});

test("what is missing is unknown and not zero", () => {
  expect(limitsOf(snapshot({ limitId: null }), NOW)).toEqual({
    allowed: null,
    planType: null,
    openaiAccountId: null,
    windows: [],
    credits: null,
  });
});

test.each([
  ["a length that is none", { usedPercent: 1, windowDurationMins: null, resetsAt: null }],
  ["a length below a minute", { usedPercent: 1, windowDurationMins: 0, resetsAt: null }],
  ["a length beyond a year", { usedPercent: 1, windowDurationMins: 10_000_000, resetsAt: null }],
  ["a negative share", { usedPercent: -1, windowDurationMins: 300, resetsAt: null }],
  ["an absurd share", { usedPercent: 1e9, windowDurationMins: 300, resetsAt: null }],
  ["no number", { usedPercent: Number.NaN, windowDurationMins: 300, resetsAt: null }],
])("dropped: %s", (_name, window) => {
  expect(limitsOf(snapshot({ primary: window }), NOW).windows).toEqual([]);
});

test("a little above full is full, and a reset beyond a year is unknown", () => {
  const window = { usedPercent: 101, windowDurationMins: 300, resetsAt: RESETS_AT_S + 400 * 86_400 };
  expect(limitsOf(snapshot({ primary: window }), NOW).windows).toMatchObject([{ usedPercent: 100, resetsAt: null }]);
});

test("a read tells every limit by its id, the account and its credits", () => {
  const window = { usedPercent: 10, windowDurationMins: 300, resetsAt: RESETS_AT_S };
  const own = snapshot({ primary: window, planType: "pro", credits: { hasCredits: true, unlimited: false, balance: "12" } });
  const read = limitsOfRead(
    {
      ordinaryUsageAllowed: true,
      accountId: "acct-1",
      rateLimits: own,
      rateLimitsByLimitId: { codex: own, other: snapshot({ primary: window }) },
    },
    NOW,
  );
  expect(read).toMatchObject({ allowed: true, openaiAccountId: "acct-1", planType: "pro", credits: { state: "yes", balance: "12" } });
  expect(read.windows.map((entry) => entry.limitId)).toEqual(["codex", "other"]);
});
