import { DrizzleQueryError } from "drizzle-orm";
import type { Orm, Tx } from "@/db/client";

/**
 * Drizzle's error holds the parameters of the query, and the driver's may quote whole rows: password hashes, key hashes,
 * addresses. None of it may reach a log, an alarm or a console, so what is thrown is the driver's own error without the rows.
 */
export function driverError(thrown: unknown): unknown {
  const error: unknown = thrown instanceof DrizzleQueryError ? (thrown.cause ?? new Error("a query failed")) : thrown;
  // By name: Next's bundle and the process around it may each have loaded the driver.
  if (error instanceof Error && error.name === "PostgresError") {
    const quoting = error as { detail?: unknown; where?: unknown };
    delete quoting.detail;
    delete quoting.where;
  }
  return error;
}

/** Makes every query of this database or transaction fail with the driver's error. Returns the same object. */
export function failWithDriverErrors<T extends Orm | Tx>(database: T): T {
  // Every query is prepared by the one session of the database or transaction, whoever builds it.
  const session = database._.session as { prepareQuery: (...input: unknown[]) => Preparable };
  const prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (...input) => {
    const prepared = prepareQuery(...input);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = (values) =>
      execute(values).catch((error: unknown) => {
        throw driverError(error);
      });
    return prepared;
  };
  return database;
}

type Preparable = { execute: (values?: Record<string, unknown>) => Promise<unknown> };
