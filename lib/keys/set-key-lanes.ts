import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeyLanes } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { AppError } from "@/lib/errors/app-error";
import { lockUser } from "@/lib/users/lock-user";

/** Replaces the key's explicit lane set; null lets it use every lane of its owner. */
export async function setKeyLanes(tx: Tx, input: { keyId: string; userId: string; laneIds: readonly string[] | null }): Promise<void> {
  await lockUser(tx, input.userId);
  await tx.delete(apiKeyLanes).where(eq(apiKeyLanes.keyId, input.keyId));
  if (input.laneIds === null) return;
  const wanted = [...new Set(input.laneIds)];
  const own = await tx
    .select({ id: lanes.id })
    .from(lanes)
    .where(and(eq(lanes.userId, input.userId), inArray(lanes.id, wanted)));
  const missing = wanted.find((id) => !own.some((lane) => lane.id === id));
  if (missing !== undefined) throw new AppError("not_found", `There is no lane ${missing}.`, { param: "laneIds" });
  await tx.insert(apiKeyLanes).values(wanted.map((laneId) => ({ keyId: input.keyId, laneId, userId: input.userId })));
}
