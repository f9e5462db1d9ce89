import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { writePositions } from "@/lib/lanes/write-positions";
import { lockUser } from "@/lib/users/lock-user";

/** The whole order at once, from the top. Every lane of the owner stands in it, once, and nobody else's. */
export async function setLaneOrder(tx: Tx, input: { userId: string; order: readonly string[]; actor: Actor }): Promise<void> {
  const { userId, order, actor } = input;
  await lockUser(tx, userId);
  const rows = await ownLanes(tx, userId);
  const before = rows.map(({ id }) => id);
  if (order.length !== before.length || new Set(order).size !== order.length || order.some((id) => !before.includes(id))) {
    throw new AppError("conflict", "Your lanes have changed meanwhile. Look at the list as it is now, and order it again.", {
      param: "order",
    });
  }
  if (order.every((id, index) => before[index] === id)) return;
  await writePositions(
    tx,
    rows.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id)),
  );
  // As `moveLane` writes it; the subject is whose lanes they are, since no one lane was meant.
  await recordAudit(tx, { actor, action: "lane.order", subject: userId, before: { order: before }, after: { order } });
}
