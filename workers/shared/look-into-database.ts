import postgres, { type Sql } from "postgres";
import { OperatorError } from "@/workers/shared/operator-error";

const CONNECT_TIMEOUT_S = 10;

/** Whether a start has stamped this database. */
export async function isDatabaseStamped(databaseUrl: string): Promise<boolean> {
  return look(databaseUrl, async (sql) => {
    const [found] = await sql<{ exists: boolean }[]>`select to_regclass('database_stamp') is not null as exists`;
    return found?.exists === true && (await sql`select 1 from database_stamp`).length > 0;
  });
}

/** A server that does not answer or does not let us in is told as such, and is no failed migration. */
export async function requireReachableDatabase(databaseUrl: string): Promise<void> {
  await look(databaseUrl, (sql) => sql`select 1`);
}

async function look<T>(databaseUrl: string, ask: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: CONNECT_TIMEOUT_S, fetch_types: false, onnotice: () => {} });
  try {
    return await ask(sql);
  } catch (cause) {
    throw new OperatorError(
      `The database ${databaseName(databaseUrl)} cannot be reached: ${reasonOf(cause)}. Check DATABASE_URL, and that Postgres runs.`,
      { cause },
    );
  } finally {
    await sql.end();
  }
}

/** Without user and password. */
export function databaseName(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${pathname.slice(1)} on ${host}`;
}

/** Node bundles what each address of a host said into one error without a message of its own. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return (message || code || String(error)).replace(/\.$/, "");
}
