import type { Database } from "@/db/client";

/** Throws until a transaction of this database waits for a lock of another: for `eventually`. */
export async function someoneWaits({ sql }: Pick<Database, "sql">): Promise<void> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  if (row?.count === 0) throw new Error("nobody waits for a lock");
}
