import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { keyHelpers } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import type { Clock } from "@/lib/time/clock";

/** For good, and for the keys that it has fetched too. Revoking a revoked one changes nothing. */
export async function revokeHelper(tx: Tx, input: { helperId: string; userId: string; actor: Actor; clock: Clock }): Promise<void> {
  const [helper] = await tx
    .select()
    .from(keyHelpers)
    .where(and(eq(keyHelpers.id, input.helperId), eq(keyHelpers.userId, input.userId)))
    .for("update");
  if (!helper) throw new AppError("not_found", `There is no helper ${input.helperId}.`);
  if (helper.revokedAt) return;
  await tx.update(keyHelpers).set({ revokedAt: input.clock.now() }).where(eq(keyHelpers.id, helper.id));
  // Every gateway forgets what it knows of this owner's keys. Not a trigger: the row also changes with each key that is fetched.
  await tx.execute(sql`select pg_notify('config_changed', ${helper.userId})`);
  const { keyId, name, lastFour } = helper;
  await recordAudit(tx, { actor: input.actor, action: "key.helper_revoke", subject: helper.id, before: { keyId, name, lastFour } });
}
