import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { keyHelpers } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { BASE62, randomText } from "@/lib/crypto/random-text";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { checkKeyName } from "@/lib/keys/check-key-name";
import { lockKey } from "@/lib/keys/lock-key";
import type { Clock } from "@/lib/time/clock";

/** 43 characters of base 62 hold 256 random bits. */
const SECRET_LENGTH = 43;
const HELPER_SECRET_START = "sy-helper-";
/** In use at one time, for one key. */
export const HELPERS_MAX = 50;

export type IssuedHelper = { id: string; keyId: string; secret: string };

/** A device secret for `auth.command`: all it opens is short-lived keys that stand for `keyId`. In clear only in what this returns. */
export async function issueHelper(
  tx: Tx,
  input: { keyId: string; userId: string; name: string; actor: Actor; clock: Clock },
): Promise<IssuedHelper> {
  const name = checkKeyName(input.name);
  const key = await lockKey(tx, input);
  if (key.revokedAt) throw new AppError("conflict", "This key is revoked: choose another one.", { param: "keyId" });
  // Its helpers went over to the new one when it was rotated; one that comes later would end with it.
  if (key.replacedBy) throw new AppError("conflict", "This key was rotated: choose the one that took its place.", { param: "keyId" });
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(keyHelpers)
    .where(and(eq(keyHelpers.keyId, key.id), isNull(keyHelpers.revokedAt)));
  if ((row?.count ?? 0) >= HELPERS_MAX) {
    throw new AppError("conflict", `This key has ${HELPERS_MAX} helpers. Revoke one that is not used any more.`, { param: "keyId" });
  }
  const secret = `${HELPER_SECRET_START}${randomText(BASE62, SECRET_LENGTH)}`;
  const id = newId("hlp");
  const lastFour = secret.slice(-4);
  await tx
    .insert(keyHelpers)
    .values({ id, keyId: key.id, userId: key.userId, name, hash: hashApiKey(secret), lastFour, createdAt: input.clock.now() });
  await recordAudit(tx, { actor: input.actor, action: "key.helper_issue", subject: id, after: { keyId: key.id, name, lastFour } });
  return { id, keyId: key.id, secret };
}
