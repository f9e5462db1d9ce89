import type { GatewayLane } from "@/lib/gateway/ports";
import { walletPlan } from "@/lib/openai/wallet-rules";
import type { RequestFacts } from "@/lib/openai/request-facts";
import type { BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";

export type SkipReason =
  | "paused"
  | "exhausted"
  | "cooling"
  | "no_provider"
  | "model_not_sold"
  | "cannot"
  | "response_not_found"
  | "not_needed"
  | "paid_after_ambiguous";

/** What was decided about one lane and on what evidence: the request log shows it line by line. */
export type LaneDecision = {
  laneId: string;
  laneKind: GatewayLane["kind"];
  label: string;
  decision: "answered" | "declined" | "skipped";
  reason: string | null;
  evidence: string | null;
};

export type PlannedLane = {
  lane: GatewayLane;
  /** Wallet lanes only: the price that the hold will pin. */
  price: Price | null;
  edits: readonly BodyEdit[];
  notes: readonly string[];
};

export type SkippedLane = { lane: GatewayLane; reason: SkipReason; evidence: string | null; param: string | null };

export type LanePlan = { candidates: PlannedLane[]; skipped: SkippedLane[] };

export type PlanInput = {
  lanes: readonly GatewayLane[];
  facts: RequestFacts;
  /** The model's price row; null: not sold on wallets. */
  price: Price | null;
  /** The lane that stored `previous_response_id` for this owner; undefined when the request names none. */
  storedOn: { laneId: string } | null | undefined;
  webSearchCallsMax: number;
  now: Date;
};

/**
 * The owner's order minus the lanes that cannot take this request. A cooling lane is skipped while another one can answer,
 * and never when it is the last: a few seconds of overload must not close the only way.
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
      cooling.push({
        planned: verdict,
        skip: skip(lane, "cooling", `${lane.stateReason ?? "overloaded"}, until ${lane.stateUntil?.toISOString()}`),
      });
    } else {
      candidates.push(verdict);
    }
  }
  if (candidates.length === 0) candidates.push(...cooling.map((entry) => entry.planned));
  else skipped.push(...cooling.map((entry) => entry.skip));
  return { candidates, skipped };
}

function judge(lane: GatewayLane, input: PlanInput): PlannedLane | SkippedLane {
  if (lane.state === "paused") return skip(lane, "paused", lane.stateReason);
  if (lane.state === "exhausted" && isAhead(lane.stateUntil, input.now)) {
    return skip(lane, "exhausted", `${lane.stateReason ?? "usage limit"}, resets ${lane.stateUntil?.toISOString()}`);
  }
  if (lane.upstream === null) return skip(lane, "no_provider", null);
  if (lane.kind === "api_key") {
    if (input.storedOn === null || (input.storedOn && input.storedOn.laneId !== lane.id)) {
      return skip(lane, "response_not_found", null, "previous_response_id");
    }
    return { lane, price: null, edits: [], notes: [] };
  }
  if (input.price === null) return skip(lane, "model_not_sold", input.facts.model, "model");
  const plan = walletPlan(input.facts, input.price, { webSearchCallsMax: input.webSearchCallsMax });
  if (plan.kind === "cannot") return skip(lane, "cannot", plan.message, plan.param);
  return { lane, price: input.price, edits: plan.edits, notes: plan.notes };
}

function skip(lane: GatewayLane, reason: SkipReason, evidence: string | null, param: string | null = null): SkippedLane {
  return { lane, reason, evidence, param };
}

function isAhead(instant: Date | null, now: Date): boolean {
  return instant !== null && instant > now;
}
