import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { fromDb, microUsd, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";

export type LedgerLine = {
  /** Of the transfer. */
  id: string;
  kind: "hold" | "settle" | "void" | "expire" | "late_usage" | "adjustment";
  at: string;
  /** What it changed in all. Holding money changes nothing: it only moves. */
  amountUsd: string;
  availableUsd: string;
  heldUsd: string;
  /** Available and held together, right after it. */
  balanceUsd: string;
  requestId: string | null;
  /** Whether the request is on the log still. */
  isLogged: boolean;
  model: string | null;
  /** Of an adjustment: why, as the operator wrote it. */
  note: string | null;
};

export type LedgerPage = { lines: LedgerLine[]; nextCursor: string | null };

export type LedgerQuery = {
  userId: string;
  limit: number;
  /** The `nextCursor` of the page before. */
  before?: string | null;
  /** Also what only moved between available and held. */
  withHolds?: boolean;
};

const LIMIT_MAX = 500;

/** Of the first statement, for every line that is asked for: a request over the wallet leaves as many. Every further one reads twice as many. */
const ENTRIES_PER_LINE = 4;
/** Of one page. One that has found too little then is short, and goes on where it stopped. */
const STATEMENTS_MAX = 8;

type Row = {
  entries: number;
  /** Of the last of them. */
  entries_until: string | null;
  seq: string | null;
  id: string;
  kind: LedgerLine["kind"];
  at: Date;
  available: string;
  held: string;
  balance_now: string;
  request_id: string | null;
  note: string | null;
  model: string | null;
  is_logged: boolean;
};

/**
 * What went through a wallet, newest first, read from the ledger's entries. A user's entries are written under the lock of their wallet,
 * so their order is the one in which the balance moved, and a balance after a line never changes: the cursor carries it along.
 */
export async function listLedger(sql: Sql, viewer: Viewer, query: LedgerQuery): Promise<LedgerPage> {
  requireSight(viewer, query.userId);
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > LIMIT_MAX) {
    throw new AppError("request_invalid", `limit must be a whole number from 1 to ${LIMIT_MAX}.`, { param: "limit" });
  }
  const lines: LedgerLine[] = [];
  let cursor = query.before ? readCursor(query.before) : null;
  let entriesMax = (query.limit + 1) * ENTRIES_PER_LINE;
  for (let statement = 0; statement < STATEMENTS_MAX; statement++, entriesMax *= 2) {
    const rows = await selectLines(sql, query, { cursor, entriesMax });
    let balance: MicroUsd = cursor?.balance ?? fromDb(rows[0]?.balance_now ?? "0");
    for (const row of rows) {
      if (row.seq === null) break;
      if (lines.length === query.limit) return { lines, nextCursor: cursor && writeCursor(cursor) };
      const amount = microUsd(fromDb(row.available) + fromDb(row.held));
      lines.push(lineOf(row, amount, balance));
      balance = microUsd(balance - amount);
      cursor = { seq: row.seq, balance };
    }
    const [first] = rows;
    if (!first?.entries_until || first.entries < entriesMax) return { lines, nextCursor: null };
    // What was found may end before what was read does: behind the last line there was nothing to tell.
    cursor = { seq: first.entries_until, balance };
  }
  return { lines, nextCursor: cursor && writeCursor(cursor) };
}

/**
 * The lines of the next `entriesMax` entries, of which one statement reads no more: the length of the ledger behind them does not
 * matter. At most one line more than asked for. In one statement with the balance, so that this is the one right after the newest line.
 */
function selectLines(
  sql: Sql,
  { userId, limit, withHolds = false }: LedgerQuery,
  { cursor, entriesMax }: { cursor: Cursor | null; entriesMax: number },
): Promise<readonly Row[]> {
  const [available, held] = [`available:${userId}`, `held:${userId}`];
  // The second condition is what the index is limited to.
  const entriesOf = (account: string) => sql`
    (select transfer_id, account_id, amount, seq from ledger_entries
      where account_id = ${account} and account_id like '%:%' and seq < ${cursor?.seq ?? SEQ_MAX}::bigint order by seq desc limit ${entriesMax})`;
  return sql<Row[]>`
    with entries as materialized (
      select * from (${entriesOf(available)} union all ${entriesOf(held)}) either order by seq desc limit ${entriesMax}
    ), lines as materialized (
      select e.seq, t.id, t.kind, t.created_at as at, t.hold_id, t.request_id, t.note, amounts.available, amounts.held
      from entries e
      join transfers t on t.id = e.transfer_id
      -- A transfer that moved held money is told by that entry, any other by the one of what is available.
      left join ledger_entries other on other.transfer_id = e.transfer_id
        and other.account_id = case when e.account_id = ${held} then ${available}::text else ${held}::text end
      cross join lateral (select coalesce(case when e.account_id = ${available} then e.amount else other.amount end, 0) as available,
        case when e.account_id = ${held} then e.amount else 0 end as held) amounts
      where (e.account_id = ${held} or other.transfer_id is null)
        and (${withHolds}::boolean or (t.kind <> 'hold' and amounts.available + amounts.held <> 0))
      order by e.seq desc limit ${limit + 1}
    )
    select read.entries, read.entries_until, (w.available + w.held)::text as balance_now, line.seq::text as seq, line.id, line.kind, line.at,
      line.available::text as available, line.held::text as held, line.request_id, line.note, logged.model, logged.id is not null as is_logged
    from wallets w
    cross join (select count(*)::int as entries, min(seq)::text as entries_until from entries) read
    left join lines line on true
    left join holds h on h.id = line.hold_id
    left join requests logged on logged.id = line.request_id and logged.started_at = (h.context ->> 'started_at')::timestamptz
    where w.user_id = ${userId}
    order by line.seq desc`;
}

const SEQ_MAX = "9223372036854775807";

function lineOf(row: Row, amount: MicroUsd, balance: MicroUsd): LedgerLine {
  return {
    id: row.id,
    kind: row.kind,
    at: row.at.toISOString(),
    amountUsd: toUsdString(amount),
    availableUsd: toUsdString(fromDb(row.available)),
    heldUsd: toUsdString(fromDb(row.held)),
    balanceUsd: toUsdString(balance),
    requestId: row.request_id,
    isLogged: row.is_logged,
    model: row.model,
    note: row.kind === "adjustment" ? row.note : null,
  };
}

type Cursor = { seq: string; balance: MicroUsd };

function writeCursor({ seq, balance }: Cursor): string {
  return Buffer.from(`${seq} ${balance}`).toString("base64url");
}

function readCursor(cursor: string): Cursor {
  const match = /^(\d{1,18}) (-?\d{1,18})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"));
  if (!match?.[1] || !match[2]) throw new AppError("request_invalid", "before is not a cursor of this list.", { param: "before" });
  return { seq: match[1], balance: microUsd(BigInt(match[2])) };
}

export type RunningHold = {
  requestId: string;
  model: string | null;
  keyName: string;
  amountUsd: string;
  placedAt: string;
};

const HOLDS_MAX = 100;

/** What running requests hold of the wallet, oldest first. */
export async function listHolds(sql: Sql, viewer: Viewer, { userId }: { userId: string }): Promise<RunningHold[]> {
  requireSight(viewer, userId);
  const rows = await sql<{ request_id: string; model: string | null; key_name: string; amount: string; placed_at: Date }[]>`
    select h.request_id, h.context ->> 'model' as model, k.name as key_name, h.amount::text as amount, h.placed_at
    from holds h join api_keys k on k.id = h.key_id
    where h.state = 'placed' and h.user_id = ${userId} order by h.placed_at, h.id limit ${HOLDS_MAX}`;
  return rows.map((row) => ({
    requestId: row.request_id,
    model: row.model,
    keyName: row.key_name,
    amountUsd: toUsdString(fromDb(row.amount)),
    placedAt: row.placed_at.toISOString(),
  }));
}
