import type { AppError } from "@/lib/errors/app-error";
import type { AttemptContext, CodexStanding } from "@/lib/gateway/attempt";
import { CodexAttempt } from "@/lib/gateway/codex-attempt";
import { LaneAttempt } from "@/lib/gateway/lane-attempt";
import { openPaidLane, type Opening } from "@/lib/gateway/may-spill";
import type { LanePlan, PlannedLane, SkippedLane } from "@/lib/gateway/plan-lanes";
import type { CodexLane, PaidLane, SpillReason } from "@/lib/gateway/ports";
import { refusalOfDeclines } from "@/lib/gateway/refusal-of-declines";
import { refusalOfLanes, type Withheld } from "@/lib/gateway/refusal-of-lanes";
import { refusalOfPlan } from "@/lib/gateway/refusal-of-plan";
import { skippedWords } from "@/lib/gateway/skipped-words";
import type { Price } from "@/lib/pricing/price-type";

/**
 * Tries the planned lanes in turn until one answers; null then, else what the client is told. A paid lane below Codex lanes
 * gets its turn only when what they said permits it.
 */
export async function walkLanes(of: AttemptContext, plan: LanePlan, price: Price | null): Promise<AppError | null> {
  const { books, key, options, ports, signal } = of;
  for (const skip of plan.skipped) books.decide(skip.lane, "skipped", skip.reason, skip.evidence);
  const standings = plan.skipped.flatMap(standingOf);
  const asked = new Set<string>();
  const withheld: Withheld[] = [];
  const codex = new CodexAttempt(of);
  const paid = new LaneAttempt(of);
  const declines: AppError[] = [];
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
        asked.add(end.standing.lane.id);
        break;
      case "declined":
        declines.push(end.error);
    }
    if (signal.aborted) break;
  }
  const context = { publicUrl: options.publicUrl, now: ports.now() };
  const last = declines.at(-1);
  if (last) return refusalOfDeclines(last, { ...context, declines, standings, skipped: plan.skipped });
  if (standings.length === 0) return refusalOfPlan(plan.skipped, { ...context, model: of.model });
  const others = skippedWords(plan.skipped.filter((skip) => standingOf(skip).length === 0));
  const isModelUnknown = price === null && (await isUnknownModel(of, standings, asked));
  return refusalOfLanes(standings, { ...context, withheld, others, isModelUnknown, keyId: key.keyId });
}

/**
 * Every account that was asked has no such model, and neither has any list of ours. An own key that was not asked keeps it open: what
 * its upstream sells is written nowhere here.
 */
async function isUnknownModel(
  { key, model, ports }: AttemptContext,
  standings: readonly CodexStanding[],
  asked: ReadonlySet<string>,
): Promise<boolean> {
  const said = standings.filter(({ lane }) => asked.has(lane.id));
  if (said.length === 0 || said.some(({ reason }) => reason !== "model_not_found")) return false;
  if (key.lanes.some(({ kind, state }) => kind === "api_key" && state !== "paused")) return false;
  const rows = await ports.codexCatalogue();
  return !rows.some((row) => (row as { slug?: unknown } | null)?.slug === model);
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
