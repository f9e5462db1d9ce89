import { AppError } from "@/lib/errors/app-error";

/** SQLSTATE classes in which the same statement fails again whatever we do: data, integrity, raised and internal logic errors. */
const DATA_ERROR_CLASSES = new Set(["21", "22", "23", "42", "P0"]);
/** Connection lost, server starting or stopping, deadlock, serialization, out of resources. */
const PASSING_ERROR_CLASSES = new Set(["08", "40", "53", "55", "57"]);
const CONNECTION_ERROR =
  /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;

/** The database looked at the data and said no. */
export function isDataError(error: unknown): boolean {
  return DATA_ERROR_CLASSES.has(sqlStateClass(error));
}

/**
 * Worth trying again. After a lost connection nobody knows whether the statement was committed, so only idempotent statements
 * may be repeated.
 */
export function isPassingError(error: unknown): boolean {
  if (PASSING_ERROR_CLASSES.has(sqlStateClass(error))) return true;
  // Drizzle wraps what the driver throws.
  if (error instanceof Error && error.cause !== undefined) return isPassingError(error.cause);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && CONNECTION_ERROR.test(code);
}

/** By name, not by class: Next's bundle and the process around it may each have loaded the driver. */
function sqlStateClass(error: unknown): string {
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: "", code: null };
  return name === "PostgresError" && typeof code === "string" ? code.slice(0, 2) : "";
}

/** What a client is told while the database is away, before anything has cost money. Any other error stays what it is. */
export function explainPassingError(error: unknown): unknown {
  if (!isPassingError(error)) return error;
  return new AppError("upstream_unavailable", "The gateway's database is not available right now. Try again shortly.", {
    retryAfterS: 5,
    cause: error,
  });
}
