import path from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";

/** Any constant works, as long as every process of the product uses the same one. */
const MIGRATION_LOCK = 7_220_411;

/** Brings the database to the newest schema. Safe to call from several processes at once: one works, the others wait. */
export async function migrate(databaseUrl: string, folder = path.resolve("db/migrations")): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: folder });
  } finally {
    await sql.end();
  }
}
