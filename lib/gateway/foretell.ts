import { codexLanesAbove, maySpill, openPaidLane } from "@/lib/gateway/may-spill";
import type { LanePlan, SkippedLane } from "@/lib/gateway/plan-lanes";
import type { GatewayLane, SpillReason, SpillRules } from "@/lib/gateway/ports";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

/** What would become of one lane if the request came now. */
export type ForetoldLane = { laneId: string; label: string; kind: GatewayLane["kind"] } & (
  | {
      does: "answers";
      /** Paid lanes only: what it takes over from the Codex lanes above it. */
      spill: SpillReason | null;
      edits: readonly string[];
      ignored: readonly string[];
      isPinned: boolean;
    }
  /** Tried when those before it do not answer. `opensWhen`: null for a lane that stands behind no Codex lane. */
  | { does: "stands_by"; opensWhen: readonly DeclineClass[] | null }
  /** It is open, and nothing pays for it: the wallet, a budget or its cap for the day does not reach. */
  | { does: "cannot_pay"; message: string }
  /** A paid lane that the Codex lane above keeps closed, and for what this key would have to let it open. */
  | { does: "stays_closed"; behind: string; class: DeclineClass }
  | { does: "is_passed_over"; reason: SkippedLane["reason"]; evidence: string | null }
);

const CLASSES: readonly DeclineClass[] = ["exhausted", "lost", "cannot", "busy"];

/**
 * The plan as the walk over it would begin: the first candidate that is open answers. Nothing is asked, so a line that is full, a
 * container that does not answer or an upstream that refuses is not known here. `unpaid`: lanes whose turn has come and that nothing
 * pays for, with the words of it.
 */
export function foretell(
  plan: LanePlan,
  lanes: readonly GatewayLane[],
  rules: SpillRules,
  unpaid: ReadonlyMap<string, string> = new Map(),
): ForetoldLane[] {
  const standings = new Map(plan.skipped.flatMap(({ lane, class: why }) => (why === null ? [] : [[lane.id, why] as const])));
  let isAnswered = false;
  const tried = plan.candidates.map((planned): ForetoldLane => {
    const { lane, notes, ignored } = planned;
    const named = { laneId: lane.id, label: lane.label, kind: lane.kind };
    const isPinned = lane.id === plan.pinned;
    if (isAnswered) {
      const behindCodex = lane.kind !== "codex" && codexLanesAbove(lane, lanes).length > 0;
      const opensWhen = lane.kind !== "codex" && behindCodex ? CLASSES.filter((why) => maySpill(lane.kind, why, rules)) : null;
      return { ...named, does: "stands_by", opensWhen };
    }
    if (lane.kind === "codex") {
      isAnswered = true;
      return { ...named, does: "answers", spill: null, edits: notes, ignored, isPinned };
    }
    const opening = openPaidLane(lane, lanes, standings, rules);
    if (opening.kind === "closed" && !isPinned) return { ...named, does: "stays_closed", behind: opening.by.label, class: opening.class };
    const message = unpaid.get(lane.id);
    if (message !== undefined) return { ...named, does: "cannot_pay", message };
    isAnswered = true;
    return { ...named, does: "answers", spill: opening.kind === "open" ? opening.reason : "pinned", edits: notes, ignored, isPinned };
  });
  const skipped = plan.skipped.map(({ lane, reason, evidence }): ForetoldLane => {
    return { laneId: lane.id, label: lane.label, kind: lane.kind, does: "is_passed_over", reason, evidence };
  });
  // A thread's own lane goes first; apart from that the owner's order is kept.
  const place = ({ laneId }: ForetoldLane) => (laneId === plan.pinned ? -1 : lanes.findIndex(({ id }) => id === laneId));
  return [...tried, ...skipped].toSorted((one, other) => place(one) - place(other));
}
