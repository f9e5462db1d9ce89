import { openPaidLane } from "@/lib/gateway/may-spill";
import type { CodexLane, GatewayLane, PaidLane, SpillReason, SpillRules } from "@/lib/gateway/ports";
import { editForLane, pinnedLane, type Thread } from "@/lib/gateway/thread";
import { walletPlan } from "@/lib/openai/wallet-rules";
import type { RequestFacts } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";
import type { CodexVerdict } from "@/lib/turns/codex-capabilities";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

export type SkipReason =
  | "paused"
  | "paused_by_operator"
  | "signing_in"
  | "signed_out"
  | "exhausted"
  | "cooling"
  | "no_provider"
  | "model_not_sold"
  | "cannot"
  | "response_not_found"
  | "not_needed"
  | "paid_after_ambiguous"
  | "spill_not_allowed";

/** What was decided about one lane and on what evidence: the request log shows it line by line. */
export type LaneDecision = {
  laneId: string;
  laneKind: GatewayLane["kind"];
  label: string;
  decision: "answered" | "declined" | "skipped";
  reason: string | null;
  evidence: string | null;
};

export type PlannedLane<L extends GatewayLane = GatewayLane> = {
  lane: L;
  /** Wallet lanes only: the price that the hold will pin. */
  price: Price | null;
  edits: readonly BodyEdit[];
  notes: readonly string[];
  /** Codex lanes only: parameters that it does not keep. */
  ignored: readonly string[];
  /** Paid lanes only: why it takes the request from the Codex lanes above it; null: there are none. */
  spill: SpillReason | null;
};

export type SkippedLane = {
  lane: GatewayLane;
  reason: SkipReason;
  evidence: string | null;
  param: string | null;
  /** Codex lanes only: what this means for paid lanes below; null: the lane counts as not there. */
  class: DeclineClass | null;
  until: Date | null;
};

/** `pinned`: the lane that the thread is on, which is the first candidate then. */
export type LanePlan = { candidates: PlannedLane[]; skipped: SkippedLane[]; pinned: string | null };

export type PlanInput = {
  lanes: readonly GatewayLane[];
  facts: RequestFacts;
  model: string;
  /** The model's price row; null: not sold on wallets. */
  price: Price | null;
  /** The lane that stored `previous_response_id` for this owner; undefined when the request names none. */
  storedOn: { laneId: string } | null | undefined;
  webSearchCallsMax: number;
  /** What Codex can do with this request; null for an owner without Codex lanes. */
  codexVerdict: CodexVerdict | null;
  codexLanesOn: boolean;
  spill: SpillRules;
  thread: Thread | null;
  now: Date;
};

/**
 * The owner's order minus the lanes that cannot take this request; the lane that the thread is on comes first. A cooling lane
 * is skipped while another one can answer, and never when it is the last: a few seconds of overload must not close the only
 * way. Whether a paid lane may open below Codex lanes is decided when its turn comes.
 */
export function planLanes(input: PlanInput): LanePlan {
  const candidates: PlannedLane[] = [];
  const skipped: SkippedLane[] = [];
  const cooling: { planned: PlannedLane; skip: SkippedLane }[] = [];
  for (const lane of input.lanes) {
    const verdict = judge(lane, input);
    if ("reason" in verdict) {
      skipped.push(verdict);
    } else if (lane.state === "cooling" && isAhead(lane.stateUntil, input.now)) {
      cooling.push({ planned: verdict, skip: coolingSkip(lane) });
    } else {
      candidates.push(verdict);
    }
  }
  if (nobodyElse(candidates, [...skipped, ...cooling.map((entry) => entry.skip)], input)) {
    candidates.push(...cooling.map((entry) => entry.planned));
  } else {
    skipped.push(...cooling.map((entry) => entry.skip));
  }
  const pinned = pinnedLane(input.thread, input.lanes, input.now);
  const first = candidates.findIndex(({ lane }) => lane.id === pinned);
  if (first < 0) return { candidates, skipped, pinned: null };
  candidates.unshift(...candidates.splice(first, 1));
  return { candidates, skipped, pinned };
}

/** Without the cooling lanes there is no way, or only paid ones that may not open. */
function nobodyElse(candidates: readonly PlannedLane[], skipped: readonly SkippedLane[], input: PlanInput): boolean {
  const standings = new Map(skipped.flatMap((entry) => (entry.class ? [[entry.lane.id, entry.class] as const] : [])));
  return candidates.every(({ lane }) => lane.kind !== "codex" && openPaidLane(lane, input.lanes, standings, input.spill).kind === "closed");
}

function judge(lane: GatewayLane, input: PlanInput): PlannedLane | SkippedLane {
  if (lane.state === "paused") return skip(lane, "paused", lane.stateReason);
  const verdict = lane.kind === "codex" ? judgeCodex(lane, input) : judgePaid(lane, input);
  if ("reason" in verdict) return verdict;
  const edit = editForLane(input.thread, lane.id);
  if (edit.kind === "cannot") return skip(lane, "cannot", edit.message, { param: "input", class: "cannot" });
  return { ...verdict, edits: [...verdict.edits, ...edit.edits], notes: [...verdict.notes, ...edit.notes] };
}

/** What Codex cannot do at all comes first: such a request must not look like one for which a window is closed. */
function judgeCodex(lane: CodexLane, input: PlanInput): PlannedLane | SkippedLane {
  const verdict = input.codexVerdict;
  if (verdict?.kind === "cannot") return skip(lane, "cannot", verdict.message, { param: verdict.param, class: "cannot" });
  if (!input.codexLanesOn) return skip(lane, "paused_by_operator", null, { class: "lost" });
  if (lane.state === "signed_out" || lane.state === "signing_in") return skip(lane, lane.state, lane.stateReason, { class: "lost" });
  if (lane.state === "exhausted" && isAhead(lane.stateUntil, input.now)) return exhausted(lane, lane.stateReason, lane.stateUntil);
  const closed = Object.hasOwn(lane.closedModels, input.model) ? lane.closedModels[input.model] : undefined;
  const modelUntil = closed === undefined ? null : new Date(closed);
  if (isAhead(modelUntil, input.now)) return exhausted(lane, `limit of ${input.model}`, modelUntil);
  return { lane, price: null, edits: [], notes: [], ignored: verdict?.ignored ?? [], spill: null };
}

function judgePaid(lane: PaidLane, input: PlanInput): PlannedLane | SkippedLane {
  if (lane.state === "exhausted" && isAhead(lane.stateUntil, input.now)) return exhausted(lane, lane.stateReason, lane.stateUntil);
  if (lane.upstream === null) return skip(lane, "no_provider", null);
  if (lane.kind === "api_key") {
    if (input.storedOn === null || (input.storedOn && input.storedOn.laneId !== lane.id)) {
      return skip(lane, "response_not_found", null, { param: "previous_response_id" });
    }
    return { lane, price: null, edits: [], notes: [], ignored: [], spill: null };
  }
  if (input.price === null) return skip(lane, "model_not_sold", input.facts.model, { param: "model" });
  const plan = walletPlan(input.facts, input.price, { webSearchCallsMax: input.webSearchCallsMax });
  if (plan.kind === "cannot") return skip(lane, "cannot", plan.message, { param: plan.param });
  return { lane, price: input.price, edits: plan.edits, notes: plan.notes, ignored: [], spill: null };
}

function exhausted(lane: GatewayLane, reason: string | null, until: Date | null): SkippedLane {
  return skip(lane, "exhausted", `${reason ?? "usage limit"}, resets ${until?.toISOString()}`, { class: "exhausted", until });
}

function coolingSkip(lane: GatewayLane): SkippedLane {
  const reason = lane.stateReason ?? "overloaded";
  return skip(lane, "cooling", `${reason}, until ${lane.stateUntil?.toISOString()}`, {
    class: LOST_REASON.test(reason) ? "lost" : "busy",
    until: lane.stateUntil,
  });
}

/** A lane that cools because its container or its runner is gone, as against one that has too much to do. */
const LOST_REASON = /^(container_|runner_|lost\b|signed_out\b|unauthorized\b|refused_by_openai\b)/;

function skip(
  lane: GatewayLane,
  reason: SkipReason,
  evidence: string | null,
  more: Partial<Pick<SkippedLane, "param" | "class" | "until">> = {},
): SkippedLane {
  const { param = null, class: why = null, until = null } = more;
  return { lane, reason, evidence, param, class: lane.kind === "codex" ? why : null, until };
}

function isAhead(instant: Date | null, now: Date): boolean {
  return instant !== null && instant > now;
}
