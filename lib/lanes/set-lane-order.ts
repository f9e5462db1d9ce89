import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { lockUser } from "@/lib/users/lock-user";

/** The whole order at once, from the top. Every lane of the owner stands in it, once, and nobody else's. */
export async function setLaneOrder(tx: Tx, input: { userId: string; order: readonly string[]; actor: Actor }): Promise<void> {
  const { userId, order, actor } = input;
  await lockUser(tx, userId);
  const before = (await ownLanes(tx, userId)).map(({ id }) => id);
  if (order.length !== before.length || new Set(order).size !== order.length || order.some((id) => !before.includes(id))) {
    throw new AppError("conflict", "Your lanes have changed meanwhile. Look at the list as it is now, and order it again.", {
      param: "order",
    });
  }
  const moved = order.filter((id, index) => before[index] !== id);
  if (moved.length === 0) return;
  for (const id of moved) {
    await tx
      .update(lanes)
      .set({ position: order.indexOf(id) + 1 })
      .where(eq(lanes.id, id));
  }
  // As `moveLane` writes it; the subject is whose lanes they are, since no one lane was meant.
  await recordAudit(tx, { actor, action: "lane.order", subject: userId, before: { order: before }, after: { order } });
}
