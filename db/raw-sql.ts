import type { Sql, TransactionSql } from "postgres";

/** The driver itself, inside or outside of a transaction. */
export type RawSql = Sql | TransactionSql;
