import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import { AppError } from "@/lib/errors/app-error";

/** With an owner given, somebody else's key does not exist. */
export async function lockKey(tx: Tx, input: { keyId: string; userId?: string }) {
  const owned = input.userId === undefined ? undefined : eq(apiKeys.userId, input.userId);
  const [key] = await tx
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.id, input.keyId), owned))
    .for("no key update");
  if (!key) throw new AppError("not_found", `There is no key ${input.keyId}.`);
  return key;
}
