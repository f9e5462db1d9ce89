import { createHash } from "node:crypto";
import { and, eq, isNull } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { recoveryCodes } from "@/db/schema/users";
import { randomText, READABLE } from "@/lib/crypto/random-text";

const CODES = 10;
const GROUPS = 3;
/** 18 characters of 31 hold 89 random bits. */
const GROUP_LENGTH = 6;

/** New codes in the place of all former ones, used or not. They exist in clear only in what this returns. */
export async function replaceRecoveryCodes(tx: Tx, userId: string): Promise<string[]> {
  const codes = Array.from({ length: CODES }, () => Array.from({ length: GROUPS }, () => randomText(READABLE, GROUP_LENGTH)).join("-"));
  await dropRecoveryCodes(tx, userId);
  await tx.insert(recoveryCodes).values(codes.map((code) => ({ userId, hash: hashCode(code) })));
  return codes;
}

export async function dropRecoveryCodes(tx: Tx, userId: string): Promise<void> {
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
}

/** False: not one of the user's, or used before. Of two who use the same one at once, one gets true. */
export async function takeRecoveryCode(tx: Tx, { userId, code, now }: { userId: string; code: string; now: Date }): Promise<boolean> {
  const taken = await tx
    .update(recoveryCodes)
    .set({ usedAt: now })
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.hash, hashCode(code)), isNull(recoveryCodes.usedAt)))
    .returning({ userId: recoveryCodes.userId });
  return taken.length === 1;
}

export async function countRecoveryCodes(reader: Reader, userId: string): Promise<number> {
  return reader.$count(recoveryCodes, and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
}

/** However it was typed: blanks, dashes and capitals do not matter. */
function hashCode(code: string): Buffer {
  return createHash("sha256")
    .update(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ""))
    .digest();
}
