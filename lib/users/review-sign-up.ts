import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { openWalletLane } from "@/lib/lanes/open-wallet-lane";
import { queueMail } from "@/lib/mail/queue-mail";

export type SignUpReview = {
  userId: string;
  decision: "approve" | "refuse";
  /** For the audit log; the newcomer does not see it. */
  note: string;
  actor: Actor;
  now: Date;
};

/** Lets a newcomer in, or refuses. Who was refused can still be let in; who is in is suspended, not refused. The newcomer is told by mail. */
export async function reviewSignUp(tx: Tx, { userId, decision, note, actor, now }: SignUpReview): Promise<void> {
  const isApproved = decision === "approve";
  const from = isApproved ? (["pending", "rejected"] as const) : (["pending"] as const);
  const [before] = await tx.select({ status: users.status }).from(users).where(eq(users.id, userId)).for("update");
  const [user] = await tx
    .update(users)
    .set({ status: isApproved ? "active" : "rejected", reviewedAt: now })
    .where(and(eq(users.id, userId), inArray(users.status, [...from])))
    .returning({ username: users.username, status: users.status });
  if (!before || !user)
    throw new AppError("conflict", "This sign-up does not wait any more: somebody else has decided, or it was never confirmed.");
  if (isApproved) await openWalletLane(tx, userId);
  await queueMail(tx, { kind: isApproved ? "sign_up_approved" : "sign_up_refused", userId, payload: { username: user.username } });
  await recordAudit(tx, {
    actor,
    action: `sign_up.${decision}`,
    subject: userId,
    before: { status: before.status },
    after: { status: user.status },
    note,
  });
}
