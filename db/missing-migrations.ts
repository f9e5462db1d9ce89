import type { Sql } from "postgres";
import journal from "@/db/migrations/meta/_journal.json" with { type: "json" };

/** How many of the migrations that this code was written for the database has not seen. */
export async function countMissingMigrations(sql: Sql): Promise<number> {
  const newest = Math.max(...journal.entries.map((entry) => entry.when));
  const [row] = await sql<
    { applied: number }[]
  >`select count(*)::int as applied from drizzle.__drizzle_migrations where created_at <= ${newest}`;
  return Math.max(0, journal.entries.length - (row?.applied ?? 0));
}
