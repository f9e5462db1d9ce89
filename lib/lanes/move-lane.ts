import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { writePositions } from "@/lib/lanes/write-positions";
import { lockUser } from "@/lib/users/lock-user";

/** Puts a lane at `position` (1 is tried first) and moves the others along. Requests that are running keep their plan. */
export async function moveLane(tx: Tx, input: { userId: string; laneId: string; position: number; actor: Actor }): Promise<void> {
  await lockUser(tx, input.userId);
  const before = await ownLanes(tx, input.userId);
  const lane = before.find((row) => row.id === input.laneId);
  if (!lane) throw new AppError("not_found", `There is no lane ${input.laneId}.`);
  if (!Number.isInteger(input.position) || input.position < 1 || input.position > before.length) {
    throw new AppError("request_invalid", `The position must be from 1 to ${before.length}.`, { param: "position" });
  }
  const after = before.filter((row) => row !== lane);
  after.splice(input.position - 1, 0, lane);
  await writePositions(tx, after);
  await recordAudit(tx, {
    actor: input.actor,
    action: "lane.move",
    subject: lane.id,
    before: { order: before.map((row) => row.id) },
    after: { order: after.map((row) => row.id) },
  });
}
