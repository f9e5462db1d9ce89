import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";

/**
 * One change at a time to the lanes of a user and to the lane sets of their keys. The weak lock mode leaves running requests
 * alone: their foreign keys only need the user to stay.
 */
export async function lockLanes(tx: Tx, userId: string): Promise<void> {
  const rows = await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
  if (rows.length === 0) throw new AppError("not_found", "There is no such user.");
}
