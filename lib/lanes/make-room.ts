import { and, eq, gte, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";

/** Moves the lanes of a user from `position` on one place down, for one that comes there. Under `lockUser`; places are compared at commit. */
export async function makeRoom(tx: Tx, { userId, position }: { userId: string; position: number }): Promise<void> {
  await tx
    .update(lanes)
    .set({ position: sql`${lanes.position} + 1` })
    .where(and(eq(lanes.userId, userId), gte(lanes.position, position)));
}
