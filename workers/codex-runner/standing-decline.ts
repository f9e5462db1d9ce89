import type { TurnStanding } from "@/lib/codex/turn-standing";
import type { DeclineClass, TurnFrame } from "@/lib/turns/runner-protocol";

export type DeclinedFrame = Extract<TurnFrame, { kind: "declined" }>;

export function declined(
  declineClass: DeclineClass,
  reason: string,
  message: string,
  rest: { until?: Date | null; param?: string | null } = {},
): DeclinedFrame {
  const until = rest.until?.toISOString() ?? null;
  return { kind: "declined", class: declineClass, reason, message, until, param: rest.param ?? null };
}

/** What the database says about account and lane, before anything is started. Null: go on. */
export function standingDecline(standing: TurnStanding, now: Date): DeclinedFrame | null {
  const { accountState, laneState, laneUntil, modelUntil } = standing;
  if (laneState === "paused") return declined("lost", "paused", "This lane is paused by its owner.");
  if (accountState === "signing_in") return declined("lost", "signing_in", "The ChatGPT account of this lane is being signed in.");
  if (accountState === "lost") return declined("lost", "lost", "The ChatGPT account of this lane does not work now.");
  if (accountState !== "signed_in") {
    return declined("lost", "signed_out", "The ChatGPT account of this lane is not signed in. Sign in on the lanes page.");
  }
  if (laneState === "exhausted" && laneUntil !== null && laneUntil > now) {
    return declined("exhausted", "usage_limit_reached", "The usage window of this ChatGPT account is used up.", { until: laneUntil });
  }
  if (modelUntil !== null && modelUntil > now) {
    return declined("exhausted", "model_limit_reached", "This ChatGPT account has used up the limit of this model.", { until: modelUntil });
  }
  return null;
}
