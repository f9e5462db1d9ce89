import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import { AppError } from "@/lib/errors/app-error";
import { lockUser } from "@/lib/users/lock-user";

/** Its owner first, as everywhere. With an owner given, somebody else's key does not exist. */
export async function lockKey(tx: Tx, input: { keyId: string; userId?: string }) {
  const owned = input.userId === undefined ? undefined : eq(apiKeys.userId, input.userId);
  const wanted = and(eq(apiKeys.id, input.keyId), owned);
  const [owner] = await tx.select({ userId: apiKeys.userId }).from(apiKeys).where(wanted);
  if (owner) await lockUser(tx, owner.userId);
  const [key] = await tx.select().from(apiKeys).where(wanted).for("no key update");
  if (!key) throw new AppError("not_found", `There is no key ${input.keyId}.`);
  return key;
}
