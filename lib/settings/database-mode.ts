import type { Reader, Tx } from "@/db/client";
import { databaseStamp } from "@/db/schema/operations";
import { AppError } from "@/lib/errors/app-error";

export type DatabaseMode = "live" | "simulated";

/** Null before the first start has stamped the database. */
export async function readDatabaseMode(reader: Reader): Promise<DatabaseMode | null> {
  const [stamp] = await reader.select({ mode: databaseStamp.mode }).from(databaseStamp);
  return stamp?.mode ?? null;
}

export async function requireDatabaseMode(reader: Reader): Promise<DatabaseMode> {
  const mode = await readDatabaseMode(reader);
  if (mode === null) throw new AppError("conflict", "This database has not been started yet: run npm start once.");
  return mode;
}

/** Once and for all: a later call changes nothing. Returns what the database is. */
export async function stampDatabase(tx: Tx, mode: DatabaseMode): Promise<DatabaseMode> {
  await tx.insert(databaseStamp).values({ mode }).onConflictDoNothing();
  return requireDatabaseMode(tx);
}
