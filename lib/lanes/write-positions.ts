import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";

/** All lanes of a user as they are to be tried, from the first. Under `lockUser`; places are compared at commit. */
export async function writePositions(tx: Tx, order: readonly { id: string; position: number }[]): Promise<void> {
  for (const [index, { id, position }] of order.entries()) {
    if (position === index + 1) continue;
    await tx
      .update(lanes)
      .set({ position: index + 1 })
      .where(eq(lanes.id, id));
  }
}
