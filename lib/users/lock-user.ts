import { and, eq, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { AppError } from "@/lib/errors/app-error";

/**
 * Comes before whatever writes rows for a user, and before the lock of any other row of theirs: one such change at a time, and none
 * beside a deletion, which takes out only what it sees, or after it. The weak lock mode leaves running requests alone: their foreign
 * keys only need the user to stay.
 */
export async function lockUser(tx: Tx, userId: string): Promise<void> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), ne(users.status, "deleted")))
    .for("no key update");
  if (rows.length === 0) throw new AppError("not_found", "There is no such user.");
}
