import type { PendingQuery, Row } from "postgres";
import type { RawSql } from "@/db/raw-sql";

/*
 * What the request log comes to, from two sources that never overlap: quarter-hours that are summed up (`usage_quarters`), and the log
 * itself for all the others: those that are too young, those in which something was written late, and the ends of a range that does
 * not begin or end with a quarter.
 */

/** What sums are told apart by. `all`: nothing. */
export const USAGE_DIMENSIONS = ["all", "model", "key", "lane", "project", "client"] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

const QUARTER_MS = 15 * 60_000;

/** The last quarter before, or at, that instant: all zones differ by whole quarters. */
export function quarterFloor(at: Date): Date {
  return new Date(Math.floor(at.getTime() / QUARTER_MS) * QUARTER_MS);
}

/** Buckets of that length are made of whole quarters. */
export function isWholeQuarters(stepMs: number): boolean {
  return stepMs % QUARTER_MS === 0;
}

function quarterCeil(at: Date): Date {
  return new Date(Math.ceil(at.getTime() / QUARTER_MS) * QUARTER_MS);
}

/** A piece of a statement. */
export type UsageFragment = PendingQuery<Row[]>;

/** Up to where quarter-hours are summed up; null: none is. It only ever moves on. */
export async function readRolledUntil(sql: RawSql): Promise<Date | null> {
  const [row] = await sql<{ until: Date }[]>`select until from usage_rolled`;
  return row?.until ?? null;
}

/** The columns of one request of the log `r`, as they are added up. */
export function requestColumns(sql: RawSql): UsageFragment {
  return sql`
    1::bigint as requests, (r.outcome in ('failed', 'refused'))::int::bigint as failed, r.cost as spent,
    (r.lane_kind is not distinct from 'codex')::int::bigint as plan_requests,
    case when r.lane_kind = 'codex' then coalesce(r.cost_on_wallet, 0) else 0 end as plan_worth,
    (r.lane_kind is not distinct from 'codex' and r.cost_on_wallet is null)::int::bigint as plan_unpriced,
    r.fresh_input_tokens::bigint as fresh_input_tokens, r.cached_input_tokens::bigint as cached_input_tokens,
    r.cache_write_tokens::bigint as cache_write_tokens, r.output_tokens::bigint as output_tokens, r.reasoning_tokens::bigint as reasoning_tokens`;
}

/** Sums of `requestColumns`, under the same names. */
export function summedColumns(sql: RawSql): UsageFragment {
  return sql`
    sum(requests)::bigint as requests, sum(failed)::bigint as failed, sum(spent)::bigint as spent, sum(plan_requests)::bigint as plan_requests,
    sum(plan_worth)::bigint as plan_worth, sum(plan_unpriced)::bigint as plan_unpriced,
    sum(fresh_input_tokens)::bigint as fresh_input_tokens, sum(cached_input_tokens)::bigint as cached_input_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens, sum(output_tokens)::bigint as output_tokens,
    sum(reasoning_tokens)::bigint as reasoning_tokens`;
}

function valueOf(sql: RawSql, dimension: UsageDimension): UsageFragment {
  switch (dimension) {
    case "all":
      return sql`''`;
    case "model":
      return sql`coalesce(r.model, '')`;
    case "key":
      return sql`r.key_id`;
    case "lane":
      return sql`coalesce(r.lane_id, '')`;
    case "project":
      return sql`coalesce(r.project_id, '')`;
    case "client":
      return sql`r.client`;
  }
}

/** Every way of telling a request of the log `r` apart, as rows of `dimension` and `value`. */
export function allDimensions(sql: RawSql): UsageFragment {
  const rows = USAGE_DIMENSIONS.map((dimension) => sql`(${dimension}::text, ${valueOf(sql, dimension)})`);
  return rows.reduce((list, row) => sql`${list}, ${row}`);
}

export type UsageSource = {
  userId: string;
  dimension: UsageDimension;
  /** `to` is not included. */
  from: Date;
  to: Date;
  /** As `readRolledUntil` said before; an older answer is as right as the newest. */
  rolledUntil: Date | null;
  /** Only these values; null: any. */
  values?: readonly string[] | null;
  /**
   * Only what came with this key; null: with any. Sums tell the key apart from nothing else, so they serve `all` and `key`; any other
   * dimension of one key is read from the log.
   */
  keyId?: string | null;
};

/** Rows of `at`, `value` and the columns, not yet summed up: a part of `usage_quarters`, the rest request by request. */
export function usageRows(
  sql: RawSql,
  { userId, dimension, from, to, rolledUntil, values = null, keyId = null }: UsageSource,
): UsageFragment {
  const value = valueOf(sql, dimension);
  const among = (column: UsageFragment) =>
    values === null ? sql`` : sql`and ${column} in ${sql(values.length === 0 ? [""] : [...values])}`;
  const isMeant = sql`${among(value)} ${keyId === null ? sql`` : sql`and r.key_id = ${keyId}`}`;
  const logged = (part: { from: Date; to: Date }) => sql`
    select r.started_at as at, ${value} as value, ${requestColumns(sql)} from requests r
    where r.user_id = ${userId} and r.started_at >= ${part.from} and r.started_at < ${part.to} ${isMeant}`;
  const isSummed = keyId === null || (values === null && (dimension === "all" || dimension === "key"));
  const first = quarterCeil(from);
  const end = new Date(Math.min(quarterFloor(to).getTime(), rolledUntil?.getTime() ?? 0));
  if (!isSummed || end <= first) return logged({ from, to });
  const summed = keyId === null ? sql`q.dimension = ${dimension} ${among(sql`q.value`)}` : sql`q.dimension = 'key' and q.value = ${keyId}`;
  return sql`
    ${logged({ from, to: first })}
    union all ${logged({ from: end, to })}
    union all
    select q.quarter, ${dimension === "all" ? value : sql`q.value`}, q.requests, q.failed, q.spent, q.plan_requests, q.plan_worth, q.plan_unpriced,
      q.fresh_input_tokens, q.cached_input_tokens, q.cache_write_tokens, q.output_tokens, q.reasoning_tokens
    from usage_quarters q
    where q.user_id = ${userId} and ${summed} and q.quarter >= ${first} and q.quarter < ${end}
      and not exists (select from usage_stale s where s.user_id = q.user_id and s.quarter = q.quarter)
    union all
    select s.quarter, ${value}, ${requestColumns(sql)}
    from (select distinct quarter from usage_stale where user_id = ${userId} and quarter >= ${first} and quarter < ${end}) s
    join requests r on r.user_id = ${userId} and r.started_at >= s.quarter and r.started_at < s.quarter + interval '15 minutes' ${isMeant}`;
}
