import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import { failWithDriverErrors } from "@/db/driver-error";
import * as keys from "@/db/schema/keys";
import * as lanes from "@/db/schema/lanes";
import * as ledger from "@/db/schema/ledger";
import * as operations from "@/db/schema/operations";
import * as providers from "@/db/schema/providers";
import * as requests from "@/db/schema/requests";
import * as users from "@/db/schema/users";

const schema = { ...keys, ...lanes, ...ledger, ...operations, ...providers, ...requests, ...users };

export type Orm = PostgresJsDatabase<typeof schema>;
/** What a verb takes first: the outermost caller's transaction. */
export type Tx = Parameters<Parameters<Orm["transaction"]>[0]>[0];
/** For reads, which may run inside or outside of a transaction. */
export type Reader = Orm | Tx;

export type Database = {
  orm: Orm;
  /** The same pool for the hot path: prepared statements, grouped calls. */
  sql: Sql;
  close(): Promise<void>;
};

/** More connections make one hot wallet slower, not faster: measured best at 8 to 10 per process. */
const POOL_MAX = 8;
const BACKOFF_MAX_S = 1;

export function connectDatabase(url: string, options: { max?: number; onNotice?: (text: string) => void } = {}): Database {
  const connect = () =>
    postgres(url, {
      max: options.max ?? POOL_MAX,
      connect_timeout: 10,
      // The client's own would wait up to 20 seconds after a database that was away has come back.
      backoff: (retries: number) => Math.min(0.02 * 2 ** retries, BACKOFF_MAX_S),
      idle_timeout: 0,
      // The driver asks for array types in the background, and a connection that breaks meanwhile would end the whole process with
      // an unhandled rejection. Drizzle reads arrays by itself.
      fetch_types: false,
      onnotice: (notice) => options.onNotice?.(String(notice["message"])),
      connection: { application_name: "switchyard" },
    });
  // Drizzle installs its own date parsers on the client that it is given, hence a client of its own.
  const orm = connect();
  const sql = connect();
  return {
    orm: failWithDriverErrors(drizzle(orm, { schema })),
    sql,
    close: async () => {
      await Promise.all([orm.end({ timeout: 5 }), sql.end({ timeout: 5 })]);
    },
  };
}
