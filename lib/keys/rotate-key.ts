import { and, desc, eq, gt, isNotNull, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeyLanes, apiKeys, keyHelpers } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { issueKey, type IssuedKey } from "@/lib/keys/issue-key";
import { limitsOf } from "@/lib/keys/limits-of";
import { lockKey } from "@/lib/keys/lock-key";
import type { Clock } from "@/lib/time/clock";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const GRACE_DAYS_MAX = 7;
/**
 * Of one user in 24 hours. Without it, one key that is rotated over and over would leave any number behind: of keys that work in their
 * grace, on top of those that `issueKey` counts, and of rows that are limited as one, which every request sums up.
 */
export const ROTATIONS_PER_DAY_MAX = 20;

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
  await requireTurn(tx, { userId, now });
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

/** The user is locked with the key: of several rotations at once, the later ones count the earlier. */
async function requireTurn(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<void> {
  const isOfLastDay = gt(apiKeys.createdAt, new Date(now.getTime() - DAY_MS));
  const made = await tx
    .select({ at: apiKeys.createdAt })
    .from(apiKeys)
    .where(and(eq(apiKeys.userId, userId), isNotNull(apiKeys.firstKeyId), isOfLastDay))
    .orderBy(desc(apiKeys.createdAt))
    .limit(ROTATIONS_PER_DAY_MAX);
  const oldest = made[ROTATIONS_PER_DAY_MAX - 1];
  if (!oldest) return;
  const nextAt = new Date(oldest.at.getTime() + DAY_MS);
  throw new AppError(
    "rate_limited",
    `${ROTATIONS_PER_DAY_MAX} rotations in 24 hours are the most that one account can make. The next one can be made from ${utcMinute(nextAt)} on. Revoking a key works at once.`,
    { retryAfterS: Math.max(1, Math.ceil((nextAt.getTime() - now.getTime()) / 1000)) },
  );
}

/** Rounded up: at that minute it is so. */
function utcMinute(at: Date): string {
  const minute = new Date(Math.ceil(at.getTime() / MINUTE_MS) * MINUTE_MS);
  return `${minute.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
