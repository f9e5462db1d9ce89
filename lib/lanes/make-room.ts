import { and, eq, gte, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { AppError } from "@/lib/errors/app-error";

/** Of one user, with the wallet. The form of a key has a box for each. */
export const LANES_MAX = 50;

/**
 * Moves the lanes of a user from `position` on one place down, for one that comes there; `conflict` if they have as many as they may.
 * Under `lockUser`; places are compared at commit.
 */
export async function makeRoom(tx: Tx, { userId, position }: { userId: string; position: number }): Promise<void> {
  if ((await tx.$count(lanes, eq(lanes.userId, userId))) >= LANES_MAX) {
    throw new AppError("conflict", `There are ${LANES_MAX} lanes, which is the most that one account can have. Remove one first.`);
  }
  await tx
    .update(lanes)
    .set({ position: sql`${lanes.position} + 1` })
    .where(and(eq(lanes.userId, userId), gte(lanes.position, position)));
}
