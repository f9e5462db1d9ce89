import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeyLanes, apiKeys } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { auditedLimits } from "@/lib/keys/audited-limits";
import { checkKeyLimits, type KeyLimits } from "@/lib/keys/key-limits";
import { limitsOf } from "@/lib/keys/limits-of";
import { lockKey } from "@/lib/keys/lock-key";
import { setKeyLanes } from "@/lib/keys/set-key-lanes";

/** Changes the limits that are given and leaves the others; null lifts one. */
export async function setKeyLimits(
  tx: Tx,
  input: { keyId: string; userId?: string; limits: Partial<KeyLimits>; actor: Actor },
): Promise<KeyLimits> {
  const key = await lockKey(tx, input);
  if (key.revokedAt) throw new AppError("conflict", "This key is revoked: its limits no longer matter.");
  if (key.replacedBy && input.limits.expiresAt !== undefined) {
    throw new AppError("conflict", "This key was rotated: its end is set. Change the one that took its place.", { param: "expiresAt" });
  }
  const set = await tx
    .select({ laneId: apiKeyLanes.laneId })
    .from(apiKeyLanes)
    .where(eq(apiKeyLanes.keyId, key.id))
    .orderBy(apiKeyLanes.laneId);
  const before = limitsOf(key, set);
  const after = { ...before, ...input.limits };
  checkKeyLimits(after);
  const { laneIds, models, ipAllow, ...columns } = after;
  await tx
    .update(apiKeys)
    .set({ ...columns, models: models && [...models], ipAllow: ipAllow && [...ipAllow] })
    .where(eq(apiKeys.id, key.id));
  if (input.limits.laneIds !== undefined) await setKeyLanes(tx, { keyId: key.id, userId: key.userId, laneIds });
  await recordAudit(tx, {
    actor: input.actor,
    action: "key.limits",
    subject: key.id,
    before: auditedLimits(before),
    after: auditedLimits(after),
  });
  return after;
}
