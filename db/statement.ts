import { sql as fragment } from "drizzle-orm";
import type { Reader } from "@/db/client";
import type { RawSql } from "@/db/raw-sql";

type Value = string | number | boolean | null;
type Row = Record<string, unknown>;
export type Statement = <T extends Row>(parts: TemplateStringsArray, ...values: Value[]) => Promise<readonly T[]>;

/**
 * One SQL template for both doors to the database, so that a verb which screens and the hot path share is written once. Plain
 * values in; no instants out, which the two parse differently.
 */
export function statementOn(on: Reader | RawSql): Statement {
  return async <T extends Row>(parts: TemplateStringsArray, ...values: Value[]) => {
    const rows: unknown = typeof on === "function" ? await on<Row[]>(parts, ...values) : await on.execute(fragment(parts, ...values));
    return rows as readonly T[];
  };
}
