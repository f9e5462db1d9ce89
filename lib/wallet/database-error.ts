import postgres from "postgres";

/** SQLSTATE classes in which the same statement fails again whatever we do: data, integrity, raised and internal logic errors. */
const DATA_ERROR_CLASSES = new Set(["21", "22", "23", "42", "P0"]);

/** The database looked at the data and said no. */
export function isDataError(error: unknown): boolean {
  return error instanceof postgres.PostgresError && DATA_ERROR_CLASSES.has(error.code.slice(0, 2));
}

/**
 * Worth trying again: connection lost, server starting or stopping, deadlock, serialization. After a lost connection nobody
 * knows whether the statement was committed, so only idempotent statements may be repeated.
 */
export function isPassingError(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return ["08", "40", "53", "55", "57"].includes(error.code.slice(0, 2));
  const code = (error as { code?: unknown } | null)?.code;
  return (
    typeof code === "string" &&
    /^(CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/.test(code)
  );
}
