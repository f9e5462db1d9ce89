import { stringify } from "csv-stringify/sync";
import type { Sql } from "postgres";
import type { Viewer } from "@/lib/access/viewer";
import { microUsd, parseUsd, toUsdString } from "@/lib/money/micro-usd";
import { type LedgerLine, type LedgerPage, listLedger } from "@/lib/wallet/read-ledger";

/** Lines of one read. Between two reads nothing is held in the database, however slowly the export is taken. */
const BATCH_LINES = 500;

type Cell = string | bigint | null;

type ExportColumn = { name: string; of: (line: LedgerLine) => Cell };

/** Money in dollars with six decimals, times in UTC. */
const COLUMNS: readonly ExportColumn[] = [
  { name: "at", of: ({ at }) => at },
  { name: "id", of: ({ id }) => id },
  { name: "kind", of: ({ kind }) => kind },
  { name: "amount_usd", of: ({ amountUsd }) => parseUsd(amountUsd) },
  { name: "balance_usd", of: ({ balanceUsd }) => parseUsd(balanceUsd) },
  { name: "request_id", of: ({ requestId }) => requestId },
  { name: "model", of: ({ model }) => model },
  { name: "note", of: ({ note }) => note },
];

/** What a hold moves, its end moves back: without the lines of the holds these do not add up, so then they are left out. */
const MOVES: readonly ExportColumn[] = [
  { name: "available_change_usd", of: ({ availableUsd }) => parseUsd(availableUsd) },
  { name: "held_change_usd", of: ({ heldUsd }) => parseUsd(heldUsd) },
];

/** The whole ledger of a wallet as CSV, newest first, a line each behind one with the names. */
export async function* exportLedger(
  sql: Sql,
  viewer: Viewer,
  { userId, withHolds }: { userId: string; withHolds: boolean },
): AsyncGenerator<string> {
  const columns = withHolds ? [...COLUMNS, ...MOVES] : COLUMNS;
  let page: LedgerPage = await listLedger(sql, viewer, { userId, withHolds, limit: BATCH_LINES });
  yield stringify([columns.map(({ name }) => name)]);
  for (;;) {
    if (page.lines.length > 0) yield csvLines(columns, page.lines);
    if (page.nextCursor === null) return;
    page = await listLedger(sql, viewer, { userId, withHolds, limit: BATCH_LINES, before: page.nextCursor });
  }
}

/** Spreadsheets run cells that begin like a formula. An amount below zero is a number, and stays one. */
function csvLines(columns: readonly ExportColumn[], lines: readonly LedgerLine[]): string {
  return stringify(
    lines.map((line) => columns.map(({ of }) => of(line))),
    { escape_formulas: true, cast: { bigint: (value) => toUsdString(microUsd(value)) } },
  );
}
