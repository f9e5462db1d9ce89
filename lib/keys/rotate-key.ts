import { and, eq, gt, isNotNull, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeyLanes, apiKeys, keyHelpers } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { issueKey, type IssuedKey } from "@/lib/keys/issue-key";
import { limitsOf } from "@/lib/keys/limits-of";
import { lockKey } from "@/lib/keys/lock-key";
import type { Clock } from "@/lib/time/clock";

const DAY_MS = 86_400_000;
const GRACE_DAYS_MAX = 7;
/** Keys of one user that go on after a rotation, at one time. They come on top of those that `issueKey` counts. */
const IN_GRACE_MAX = 200;

/**
 * A new secret with the name and limits of the old one, which goes on for `graceMs`. Helpers move over to the new key: what
 * they are installed on needs no change. The two are limited as one key: what the old one has spent, and spends in its grace, counts
 * towards the budgets of the new one, and so do its requests towards the rate and the concurrency.
 */
export async function rotateKey(
  tx: Tx,
  input: { keyId: string; userId: string; graceMs: number; actor: Actor; clock: Clock },
): Promise<IssuedKey> {
  const { userId, graceMs, actor, clock } = input;
  const old = await lockKey(tx, input);
  const now = clock.now();
  if (old.revokedAt) throw new AppError("conflict", "This key is revoked: make a new one instead.");
  if (old.replacedBy) throw new AppError("conflict", "This key was rotated before: rotate the one that took its place.");
  if (old.expiresAt && old.expiresAt <= now) throw new AppError("conflict", "This key has expired: make a new one, or extend it first.");
  if (!(graceMs >= 0 && graceMs <= GRACE_DAYS_MAX * DAY_MS)) {
    throw new AppError("request_invalid", `The old key may go on for at most ${GRACE_DAYS_MAX} days.`, { param: "graceHours" });
  }
  if (graceMs > 0) await requireGrace(tx, { userId, now });
  const lanes = await tx.select({ laneId: apiKeyLanes.laneId }).from(apiKeyLanes).where(eq(apiKeyLanes.keyId, old.id));
  const limits = limitsOf(old, lanes);
  const issued = await issueKey(tx, { userId, name: old.name, limits, inPlaceOf: old.id, actor, clock });
  const graceUntil = new Date(now.getTime() + graceMs);
  const expiresAt = old.expiresAt && old.expiresAt < graceUntil ? old.expiresAt : graceUntil;
  await tx.update(apiKeys).set({ expiresAt, replacedBy: issued.id }).where(eq(apiKeys.id, old.id));
  await tx
    .update(apiKeys)
    .set({ firstKeyId: old.firstKeyId ?? old.id })
    .where(eq(apiKeys.id, issued.id));
  await tx
    .update(keyHelpers)
    .set({ keyId: issued.id })
    .where(and(eq(keyHelpers.keyId, old.id), isNull(keyHelpers.revokedAt)));
  await recordAudit(tx, {
    actor,
    action: "key.rotate",
    subject: old.id,
    before: { expiresAt: old.expiresAt?.toISOString() ?? null },
    after: { expiresAt: expiresAt.toISOString(), replacedBy: issued.id },
  });
  return issued;
}

/** Without it, one key that is rotated over and over would leave any number of working ones behind. The user is locked with the key. */
async function requireGrace(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<void> {
  const isInGrace = and(isNull(apiKeys.revokedAt), isNotNull(apiKeys.replacedBy), gt(apiKeys.expiresAt, now));
  const count = await tx.$count(apiKeys, and(eq(apiKeys.userId, userId), isInGrace));
  if (count >= IN_GRACE_MAX) {
    throw new AppError(
      "conflict",
      `${IN_GRACE_MAX} rotated keys still work, which is the most that one account can have. Revoke one of them, or let the old key end now.`,
      { param: "graceHours" },
    );
  }
}
