import { eq, sql } from "drizzle-orm";
import type { Orm, Reader } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { hashPassword, newPassword } from "@/lib/crypto/password";
import type { Clock } from "@/lib/time/clock";
import { createAdmin } from "@/lib/users/create-admin";

/** Any constant works, as long as every process of the product uses the same one. */
const FIRST_ADMIN_LOCK = 7_220_412;

/**
 * Makes the user `admin` when the installation has no admin at all; null when it has. However many processes start at
 * once, one of them gets the password. Opens its own transaction, since the password is hashed before it.
 */
export async function ensureFirstAdmin(input: { orm: Orm; clock: Clock }): Promise<{ username: string; oneTimePassword: string } | null> {
  if (await hasAdmin(input.orm)) return null;
  const oneTimePassword = newPassword();
  const oneTimePasswordHash = await hashPassword(oneTimePassword);
  return withTransaction(input.orm, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${FIRST_ADMIN_LOCK})`);
    if (await hasAdmin(tx)) return null;
    const actor = { kind: "system", process: "start" } as const;
    const { username } = await createAdmin(tx, { username: "admin", oneTimePasswordHash, actor, clock: input.clock });
    return { username, oneTimePassword };
  });
}

async function hasAdmin(reader: Reader): Promise<boolean> {
  const found = await reader.select({ id: users.id }).from(users).where(eq(users.role, "admin")).limit(1);
  return found.length > 0;
}
