import type { Sql, TransactionSql } from "postgres";
import { allDimensions, quarterFloor, requestColumns, summedColumns, type UsageFragment } from "@/lib/requests/usage-sums";

/*
 * Sums up the request log by quarter-hours. A quarter is closed when an hour and a margin have passed since its end. Whatever is
 * written into it later (a trigger sees that) leaves a mark in its own transaction, and readers take marked quarters from the log until
 * `refreshStaleUsage` has made them anew. So what is read is exact at every moment; these verbs only make it quick.
 */

/** The trigger's: a row that is older when its transaction begins leaves a mark. */
const CLOSED_AFTER_MS = 60 * 60_000;
/** The longest that a transaction may take which writes the log. */
const MARGIN_MS = 5 * 60_000;
/** Of one transaction. */
const CHUNK_MS = 24 * 60 * 60_000;
const CHUNKS_MAX = 400;
/** Quarters of one person. */
const STALE_MAX = 500;
const ROUNDS_MAX = 20;
/** Any constant works, as long as everybody uses the same. */
const LOCK = 7_220_412;

/** Closes what can be closed, and makes anew what was written late. Returns how far it came and how many quarters were made anew. */
export async function rollUpUsage(sql: Sql, { now }: { now: Date }): Promise<{ until: Date; refreshed: number }> {
  const target = quarterFloor(new Date(now.getTime() - CLOSED_AFTER_MS - MARGIN_MS));
  let until = target;
  for (let chunk = 0; chunk < CHUNKS_MAX; chunk++) {
    until = await underLock(sql, (tx) => closeChunk(tx, target));
    if (until >= target) break;
  }
  return { until, refreshed: await refreshStaleUsage(sql) };
}

async function closeChunk(tx: TransactionSql, target: Date): Promise<Date> {
  const [rolled] = await tx<{ until: Date }[]>`select until from usage_rolled`;
  const [oldest] = rolled ? [{ at: rolled.until }] : await tx<{ at: Date | null }[]>`select min(started_at) as at from requests`;
  const from = quarterFloor(new Date(Math.min((oldest?.at ?? target).getTime(), target.getTime())));
  const to = new Date(Math.min(from.getTime() + CHUNK_MS, target.getTime()));
  if (rolled && to <= rolled.until) return rolled.until;
  await insertSums(tx, tx`select r.* from requests r where r.started_at >= ${from} and r.started_at < ${to}`);
  await tx`insert into usage_rolled (id, until) values (1, ${to}) on conflict (id) do update set until = excluded.until`;
  return to;
}

/** Returns how many quarters were made anew. */
export async function refreshStaleUsage(sql: Sql): Promise<number> {
  let refreshed = 0;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const count = await underLock(sql, refreshSome);
    refreshed += count;
    if (count < STALE_MAX) break;
  }
  return refreshed;
}

async function refreshSome(tx: TransactionSql): Promise<number> {
  // In turns: nobody waits for all that somebody else has changed.
  const quarters = await tx<{ user_id: string; quarter: Date; marks: string[] }[]>`
    select user_id, quarter, json_agg(id::text) as marks,
      row_number() over (partition by user_id order by min(id)) as turn
    from usage_stale group by user_id, quarter order by turn, min(id) limit ${STALE_MAX}`;
  if (quarters.length === 0) return 0;
  // A statement of its own: it sees every row whose mark was seen, and a mark that comes meanwhile is not deleted below. Not even one
  // with a lower number, whose transaction was slower: marks are deleted one by one.
  const listed = JSON.stringify(quarters.map(({ user_id, quarter }) => ({ user_id, quarter })));
  const stale = tx`jsonb_to_recordset(${listed}::text::jsonb) as m(user_id text, quarter timestamptz)`;
  await tx`delete from usage_quarters q using ${stale} where q.user_id = m.user_id and q.quarter = m.quarter`;
  await insertSums(
    tx,
    tx`select r.* from ${stale} join requests r on r.user_id = m.user_id and r.started_at >= m.quarter and r.started_at < m.quarter + interval '15 minutes'
      where m.quarter < (select until from usage_rolled)`,
  );
  const seen = JSON.stringify(quarters.flatMap(({ marks }) => marks));
  await tx`delete from usage_stale where id in (select id::bigint from jsonb_array_elements_text(${seen}::text::jsonb) as m(id))`;
  return quarters.length;
}

/**
 * Compares what is summed up with the log, from `from` on, and marks what differs, so that it is made anew. Nothing should: returns how
 * many quarters did. Quarters before the oldest month that is kept are all that is left of their requests, and are not looked at.
 */
export async function markWrongUsage(sql: Sql, { from }: { from: Date }): Promise<number> {
  const wrong = await sql`
    with bounds as (
      select greatest(${from}::timestamptz, (select date_trunc('month', min(started_at), 'UTC') from requests)) as low,
        (select until from usage_rolled) as high
    ), counted as (
      select r.user_id, d.dimension, date_bin('15 minutes', r.started_at, 'epoch') as quarter, d.value, ${requestColumns(sql)}
      from bounds, requests r cross join lateral (values ${allDimensions(sql)}) as d(dimension, value)
      where r.started_at >= bounds.low and r.started_at < bounds.high
    ), made as (
      select user_id, dimension, quarter, value, ${summedColumns(sql)} from counted group by 1, 2, 3, 4
    ), kept as (
      select user_id, dimension, quarter, value, requests::bigint, failed::bigint, spent, plan_requests::bigint, plan_worth,
        plan_unpriced::bigint, fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens
      from usage_quarters, bounds where quarter >= bounds.low and quarter < bounds.high
    )
    insert into usage_stale (user_id, quarter)
    select distinct user_id, quarter from ((table made except table kept) union all (table kept except table made)) as different
    where not exists (select from usage_stale s where s.user_id = different.user_id and s.quarter = different.quarter)
    returning id`;
  return wrong.count;
}

/** `rows`: some of the log. */
async function insertSums(tx: TransactionSql, rows: UsageFragment): Promise<void> {
  await tx`
    insert into usage_quarters (user_id, dimension, quarter, value, requests, failed, spent, plan_requests, plan_worth, plan_unpriced,
      fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens)
    select user_id, dimension, quarter, value, ${summedColumns(tx)} from (
      select r.user_id, d.dimension, date_bin('15 minutes', r.started_at, 'epoch') as quarter, d.value, ${requestColumns(tx)}
      from (${rows}) r cross join lateral (values ${allDimensions(tx)}) as d(dimension, value)
    ) counted
    group by 1, 2, 3, 4`;
}

/** One at a time, whoever asks. */
function underLock<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    return work(tx);
  }) as Promise<T>;
}
