import type { Sql, TransactionSql } from "postgres";
import { ledgerChecks, ledgerWarnings } from "@/lib/wallet/ledger-checks";

type LedgerDifference = {
  /** The row that is wrong. */
  subject: string;
  expected: string;
  found: string;
};

type LedgerCheck = {
  /** The promise that was checked. */
  name: string;
  ok: boolean;
  differencesCount: number;
  /** The first of them. */
  differences: LedgerDifference[];
};

export type LedgerReport = {
  ok: boolean;
  checks: LedgerCheck[];
  /** Nothing wrong with the books, but something that an operator should look at. */
  warnings: { name: string; count: number; subjects: string[] }[];
};

type Row = LedgerDifference & { total: string };

const SHOWN_MAX = 20;

/**
 * Recomputes every balance and every invariant from the entries, all in one snapshot: requests that run meanwhile do
 * not show up as differences.
 */
export async function verifyLedger(sql: Sql): Promise<LedgerReport> {
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const checks: LedgerCheck[] = [];
    for (const [name, query] of Object.entries(ledgerChecks)) {
      const rows = await differences(tx, query);
      const differencesCount = Number(rows[0]?.total ?? 0);
      checks.push({
        name,
        ok: differencesCount === 0,
        differencesCount,
        differences: rows.map(({ total: _total, ...difference }) => difference),
      });
    }
    const warnings: LedgerReport["warnings"] = [];
    for (const [name, query] of Object.entries(ledgerWarnings)) {
      const rows = await differences(tx, query);
      if (rows.length > 0) warnings.push({ name, count: Number(rows[0]?.total), subjects: rows.map((row) => row.subject) });
    }
    return { ok: checks.every((check) => check.ok), checks, warnings };
  });
}

/** The queries are constants of ours: nothing that anybody typed goes into them. */
async function differences(tx: TransactionSql, query: string): Promise<Row[]> {
  const rows = await tx.unsafe<Row[]>(`
    select subject::text, coalesce(expected::text, 'none') as expected, coalesce(found::text, 'none') as found, count(*) over () as total
    from (${query}) difference order by subject limit ${SHOWN_MAX}`);
  return [...rows];
}
