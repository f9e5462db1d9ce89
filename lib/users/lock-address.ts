import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";

/** Any constant works, as long as nothing else locks by it. */
const ADDRESS_LOCKS = 7_220_413;

/** Of several who prove the same address at once, one goes on at a time, and the others see who was first. */
export async function lockAddress(tx: Tx, email: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${ADDRESS_LOCKS}::int, hashtext(lower(${email})))`);
}
