import pino, { type SerializedError } from "pino";
import { driverError } from "@/db/driver-error";

/** An error as it stands in the log: without what the database quotes of its rows and what a query was asked with. */
export function loggedError(error: unknown): unknown {
  const logged: unknown = pino.stdSerializers.err(driverError(error) as Error);
  if (!(error instanceof Error)) return logged;
  const { params: _params, parameters: _parameters, query: _query, detail: _detail, where: _where, ...kept } = logged as SerializedError;
  return kept;
}
