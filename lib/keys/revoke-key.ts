import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { lockKey } from "@/lib/keys/lock-key";
import type { Clock } from "@/lib/time/clock";

/** For good. Requests that are running finish. Revoking a revoked key changes nothing. */
export async function revokeKey(
  tx: Tx,
  input: { keyId: string; userId?: string; actor: Actor; clock: Clock },
): Promise<{ revokedAt: Date; changed: boolean }> {
  const key = await lockKey(tx, input);
  if (key.revokedAt) return { revokedAt: key.revokedAt, changed: false };
  const revokedAt = input.clock.now();
  await tx.update(apiKeys).set({ revokedAt }).where(eq(apiKeys.id, key.id));
  await recordAudit(tx, { actor: input.actor, action: "key.revoke", subject: key.id, after: { userId: key.userId, name: key.name } });
  return { revokedAt, changed: true };
}
