import { AppError } from "@/lib/errors/app-error";
import type { AttemptContext, CodexStanding } from "@/lib/gateway/attempt";
import { CodexAttempt } from "@/lib/gateway/codex-attempt";
import { LaneAttempt } from "@/lib/gateway/lane-attempt";
import { openPaidLane, type Opening } from "@/lib/gateway/may-spill";
import type { LanePlan, PlannedLane, SkippedLane } from "@/lib/gateway/plan-lanes";
import type { CodexLane, PaidLane, SpillReason } from "@/lib/gateway/ports";
import { refusalOfLanes, type Withheld } from "@/lib/gateway/refusal-of-lanes";
import { refusalOfPlan } from "@/lib/gateway/refusal-of-plan";
import type { Price } from "@/lib/pricing/price-type";

/**
 * Tries the planned lanes in turn until one answers; null then, else what the client is told. A paid lane below Codex lanes
 * gets its turn only when what they said permits it.
 */
export async function walkLanes(of: AttemptContext, plan: LanePlan, price: Price | null): Promise<AppError | null> {
  const { books, key, options, ports, signal } = of;
  for (const skip of plan.skipped) books.decide(skip.lane, "skipped", skip.reason, skip.evidence);
  const standings = plan.skipped.flatMap(standingOf);
  const withheld: Withheld[] = [];
  const codex = new CodexAttempt(of);
  const paid = new LaneAttempt(of);
  let last: AppError | null = null;
  for (const [index, planned] of plan.candidates.entries()) {
    books.lanesLeft = plan.candidates.slice(index + 1);
    if (isPaid(planned)) {
      const opening = openingOf(of, plan, planned, standings);
      if (opening.kind === "closed") {
        books.decide(planned.lane, "skipped", "spill_not_allowed", `lane "${opening.by.label}": ${opening.class}`);
        withheld.push({ lane: planned.lane, class: opening.class });
        continue;
      }
      planned.spill = opening.reason;
    }
    const end = isPaid(planned) ? await paid.run(planned, price) : await codex.run(planned as PlannedLane<CodexLane>, price);
    if (end.kind === "done") return null;
    of.record.spillReason = null;
    switch (end.kind) {
      case "final":
        return end.error;
      case "ambiguous":
        books.skipRest("paid_after_ambiguous");
        return end.error;
      case "passed":
        standings.push(end.standing);
        break;
      case "declined":
        last = end.error;
    }
    if (signal.aborted) break;
  }
  if (last === null) {
    const context = { publicUrl: options.publicUrl, now: ports.now() };
    return standings.length > 0
      ? refusalOfLanes(standings, { ...context, withheld, keyId: key.keyId })
      : refusalOfPlan(plan.skipped, { ...context, model: of.model });
  }
  if (last.code !== "lanes_exhausted") return last;
  const { resetsAt, retryAfterS } = last;
  return new AppError(last.code, `${last.message.replace(/[.\s]*$/, "")}. Add a lane at ${options.publicUrl}/dashboard.`, {
    resetsAt,
    retryAfterS,
  });
}

/** The lane that the thread's turn is on stays open for it, whatever the Codex lanes above could do by now. */
function openingOf(
  of: AttemptContext,
  plan: LanePlan,
  { lane }: PlannedLane<PaidLane>,
  standings: readonly CodexStanding[],
): Exclude<Opening, { kind: "open" }> | { kind: "open"; reason: SpillReason | null } {
  const said = new Map(standings.map((standing) => [standing.lane.id, standing.class]));
  const opening = openPaidLane(lane, of.key.lanes, said, of.key.spill);
  return opening.kind === "closed" && lane.id === plan.pinned ? { kind: "open", reason: "pinned" } : opening;
}

function isPaid(planned: PlannedLane): planned is PlannedLane<PaidLane> {
  return planned.lane.kind !== "codex";
}

function standingOf({ lane, class: why, reason, evidence, until, param }: SkippedLane): CodexStanding[] {
  if (lane.kind !== "codex" || why === null) return [];
  return [{ lane, class: why, reason, message: evidence, until, param }];
}
