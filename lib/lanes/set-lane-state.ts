import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { stateOfCodexLane } from "@/lib/codex/state-of-codex-lane";
import { AppError } from "@/lib/errors/app-error";

export type LaneState = { state: "ready" | "paused"; reason?: string } | { state: "exhausted" | "cooling"; reason: string; until: Date };

/** Zero rows is an answer: the lane is not this user's. A Codex lane that is to be ready is what its account lets it be. */
export async function setLaneState(tx: Tx, input: { userId: string; laneId: string; to: LaneState; actor: Actor }): Promise<void> {
  const to = input.to.state === "ready" ? ((await stateOfCodexLane(tx, input)) ?? input.to) : input.to;
  const until = "until" in to ? to.until : null;
  const changed = await tx
    .update(lanes)
    .set({ state: to.state, stateReason: to.reason ?? null, stateUntil: until })
    .where(and(eq(lanes.id, input.laneId), eq(lanes.userId, input.userId)))
    .returning({ id: lanes.id });
  if (changed.length === 0) throw new AppError("not_found", `There is no lane ${input.laneId}.`);
  await recordAudit(tx, {
    actor: input.actor,
    action: "lane.state",
    subject: input.laneId,
    after: { state: to.state, reason: to.reason ?? null, until: until?.toISOString() ?? null },
  });
}
