import path from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** Any constant works, as long as every process of the product uses the same one. */
const MIGRATION_LOCK = 7_220_411;

/**
 * Brings the database to the newest schema. Safe to call from several processes at once: one works, the others wait. Every migration
 * is a transaction of its own (Drizzle's own migrator makes one of all), so that the locks of a short one are not kept while a
 * long one builds its indexes, and one that fails leaves those before it done.
 */
export async function migrate(databaseUrl: string, folder = path.resolve("db/migrations")): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    const [dialect, { session }] = [new PgDialect(), drizzle(sql)._];
    const config = { migrationsFolder: folder };
    for (const migration of readMigrationFiles(config)) await dialect.migrate([migration], session, config);
  } finally {
    await sql.end();
  }
}
