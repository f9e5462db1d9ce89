import { describe, expect, test } from "vitest";
import type { TurnStanding } from "@/lib/codex/turn-standing";
import { standingDecline } from "@/workers/codex-runner/standing-decline";

const NOW = new Date("2026-11-21T12:00:00Z");
const LATER = new Date("2026-11-21T14:00:00Z");
const EARLIER = new Date("2026-11-21T11:00:00Z");

const ready: TurnStanding = {
  accountState: "signed_in",
  laneState: "ready",
  laneReason: null,
  laneUntil: null,
  modelUntil: null,
  turnsMax: 1,
  leaseHolds: true,
};

describe("a turn is not even tried", () => {
  test.each([
    { what: "on a lane that its owner has paused", change: { laneState: "paused" }, class: "lost", reason: "paused" },
    { what: "while the account is being signed in", change: { accountState: "signing_in" }, class: "lost", reason: "signing_in" },
    { what: "before the first sign-in", change: { accountState: "new" }, class: "lost", reason: "signed_out" },
    { what: "when the account is signed out", change: { accountState: "signed_out" }, class: "lost", reason: "signed_out" },
    { what: "when the account is being removed", change: { accountState: "removing" }, class: "lost", reason: "signed_out" },
    { what: "when the account does not work", change: { accountState: "lost" }, class: "lost", reason: "lost" },
    {
      what: "until the window opens",
      change: { laneState: "exhausted", laneUntil: LATER },
      class: "exhausted",
      reason: "usage_limit_reached",
    },
    { what: "until the model's own limit opens", change: { modelUntil: LATER }, class: "exhausted", reason: "model_limit_reached" },
  ])("$what", ({ change, class: declineClass, reason }) => {
    expect(standingDecline({ ...ready, ...change }, NOW)).toMatchObject({ kind: "declined", class: declineClass, reason });
  });
});

describe("a turn is tried", () => {
  test.each([
    { what: "on a ready lane", change: {} },
    { what: "when the reset has passed", change: { laneState: "exhausted", laneUntil: EARLIER } },
    { what: "when the model's reset has passed", change: { modelUntil: EARLIER } },
    { what: "on a lane that cools: it was sent here knowingly", change: { laneState: "cooling", laneUntil: LATER } },
  ])("$what", ({ change }) => {
    expect(standingDecline({ ...ready, ...change }, NOW)).toBeNull();
  });
});
