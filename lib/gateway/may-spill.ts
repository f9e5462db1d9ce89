import type { CodexLane, GatewayLane, PaidLane, SpillRules } from "@/lib/gateway/ports";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

/** Why each Codex lane that was looked at does not answer, by lane id. */
export type Standings = ReadonlyMap<string, DeclineClass>;

/** `reason` null: no Codex lane stands above, so nothing is taken over. */
export type Opening =
  { kind: "open"; reason: DeclineClass | null } | { kind: "closed"; by: CodexLane; class: Exclude<DeclineClass, "exhausted"> };

/** The one that asks most of the owner's permission first: it is what a spill is explained by. */
const WEIGHT: readonly DeclineClass[] = ["busy", "cannot", "lost", "exhausted"];

/**
 * Whether a paid lane may take what a Codex lane above it does not answer. A closed window always opens it. The owner's own key,
 * which they listed as the next way, also stands in for a lost account and for what Codex cannot do; the wallet only when the
 * key says so. A full line or a passed deadline opens nothing by itself.
 */
export function maySpill(to: PaidLane["kind"], why: DeclineClass, rules: SpillRules): boolean {
  switch (why) {
    case "exhausted":
      return true;
    case "lost":
      return to === "api_key" || rules.lostToWallet;
    case "cannot":
      return to === "api_key" || rules.cannotToWallet;
    case "busy":
      return rules.busy === "any" || (rules.busy === "own_key" && to === "api_key");
  }
}

/** A paid lane opens only when every Codex lane above it permits it. */
export function openPaidLane(lane: PaidLane, lanes: readonly GatewayLane[], standings: Standings, rules: SpillRules): Opening {
  let reason: DeclineClass | null = null;
  for (const above of codexLanesAbove(lane, lanes)) {
    const why = standings.get(above.id);
    // One that has not been asked has not refused either.
    if (why === undefined) return { kind: "closed", by: above, class: "busy" };
    if (why !== "exhausted" && !maySpill(lane.kind, why, rules)) return { kind: "closed", by: above, class: why };
    if (reason === null || WEIGHT.indexOf(why) < WEIGHT.indexOf(reason)) reason = why;
  }
  return { kind: "open", reason };
}

/** A lane that its owner has paused counts as not there. */
export function codexLanesAbove(lane: GatewayLane, lanes: readonly GatewayLane[]): CodexLane[] {
  const place = lanes.findIndex(({ id }) => id === lane.id);
  return lanes.slice(0, Math.max(place, 0)).filter((above): above is CodexLane => above.kind === "codex" && above.state !== "paused");
}
