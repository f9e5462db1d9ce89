import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { fromDb, toUsdString } from "@/lib/money/micro-usd";
import type { TokensView } from "@/lib/requests/read";
import { nameUsageGroups, type UsageGroupName } from "@/lib/requests/usage-names";
import { fittingBucket, type UsageBucket, type UsageMeasure, type UsageQuery, usageSpan } from "@/lib/requests/usage-query";
import { readUsageMarks } from "@/lib/requests/usage-marks";
import { readRolledUntil, summedColumns, type UsageDimension, type UsageFragment, usageRows } from "@/lib/requests/usage-sums";
import { checkTimeZone } from "@/lib/requests/zone-days";

export type UsageFigures = {
  requests: number;
  /** Of these, failed or refused. */
  failed: number;
  /** Charged to the wallet. */
  spentUsd: string;
  tokens: TokensView;
  /** What ChatGPT accounts answered, and what the wallet would have charged for it; nothing for the `unpriced`, whose models it does not sell. */
  onPlans: { requests: number; unpriced: number; worthUsd: string };
};

export type UsageSeries = {
  timeZone: string;
  /** `to` is not included. */
  from: string;
  to: string;
  bucket: UsageBucket;
  groupBy: UsageDimension;
  total: UsageFigures;
  /** The largest first. */
  groups: (UsageGroupName & UsageFigures)[];
  /** How many groups there are in all. */
  groupsCount: number;
  /** Those that `groups` has no room for, together; null: it has all. */
  others: UsageFigures | null;
  /** In order, also those without requests. `group` is a place in `groups`; null: all others together. */
  buckets: { from: string; to: string; parts: (UsageFigures & { group: number | null })[] }[];
};

/** Where nothing else is asked for. */
const GROUPS_MAX = 100;
/** Told apart in every bucket. */
const SERIES_MAX = 5;

export type SeriesQuery = UsageQuery & { userId: string; keyId?: string | null; timeZone: string; now: Date; groupsMax?: number };

type SumsRow = {
  requests: string;
  failed: string;
  spent: string;
  plan_requests: string;
  plan_worth: string;
  plan_unpriced: string;
  fresh_input_tokens: string;
  cached_input_tokens: string;
  cache_write_tokens: string;
  output_tokens: string;
  reasoning_tokens: string;
};

type Row = SumsRow & { set: "total" | "group" | "others" | "bucket"; bucket: number | null; place: number | null; value: string | null };

/** One person's usage over time. Buckets begin as the zone's clocks say, also where a day has 23 or 25 hours. */
export async function readUsageSeries(sql: Sql, viewer: Viewer, query: SeriesQuery): Promise<UsageSeries> {
  requireSight(viewer, query.userId);
  const { timeZone, bucket, marks, rolledUntil } = await seriesBounds(sql, query);
  const { groupsMax = GROUPS_MAX } = query;
  const [from, to] = [marks[0]!, marks.at(-1)!];
  const rows = await sql<Row[]>`
    with counted as (${usageRows(sql, { userId: query.userId, keyId: query.keyId, dimension: query.groupBy, from, to, rolledUntil })}),
    cells as materialized (
      select width_bucket(at, ${markList(sql, marks)}) as bucket, value, ${summedColumns(sql)} from counted group by 1, 2
    ), summed as (
      select value, ${summedColumns(sql)} from cells group by 1
    ), ranked as (
      select *, (row_number() over (order by ${rankBy(sql, query.measure)} desc, requests desc, value))::int as place from summed
    )
    select 'total' as set, null::int as bucket, count(*)::int as place, null as value, ${summedColumns(sql)} from ranked
    union all
    select 'group', null, place, value, ${figureColumns(sql)} from ranked where place <= ${groupsMax}
    union all
    select 'others', null, null, null, ${summedColumns(sql)} from ranked where place > ${groupsMax} having count(*) > 0
    union all
    select 'bucket', bucket, least(place, ${SERIES_MAX + 1}), null, ${summedColumns(sql)}
    from (select c.*, r.place from cells c join ranked r on r.value = c.value) placed
    group by 2, 3
    order by 1, 2, 3`;
  const found = rows.filter(({ set }) => set === "group");
  const names = await nameUsageGroups(sql, {
    userId: query.userId,
    dimension: query.groupBy,
    values: found.map(({ value }) => value ?? ""),
  });
  const total = rows.find(({ set }) => set === "total");
  const others = rows.find(({ set }) => set === "others");
  const parts = new Map<number, Row[]>();
  for (const row of rows) if (row.set === "bucket") parts.set(row.bucket!, [...(parts.get(row.bucket!) ?? []), row]);
  return {
    timeZone,
    from: from.toISOString(),
    to: to.toISOString(),
    bucket,
    groupBy: query.groupBy,
    total: figures(total),
    groups: found.map((row, index) => ({ ...names[index]!, ...figures(row) })),
    groupsCount: total?.place ?? 0,
    others: others ? figures(others) : null,
    buckets: marks.slice(0, -1).map((mark, index) => ({
      from: mark.toISOString(),
      to: marks[index + 1]!.toISOString(),
      parts: (parts.get(index + 1) ?? []).map((row) => ({ group: row.place! > SERIES_MAX ? null : row.place! - 1, ...figures(row) })),
    })),
  };
}

/** When its buckets begin and end, and where the sums come from. */
export async function seriesBounds(
  sql: Sql,
  query: SeriesQuery,
): Promise<{ timeZone: string; bucket: UsageBucket; marks: Date[]; rolledUntil: Date | null }> {
  const timeZone = checkTimeZone(query.timeZone);
  const span = usageSpan(query, query.now, timeZone);
  const bucket = query.bucket ?? fittingBucket(span);
  const [marks, rolledUntil] = await Promise.all([
    readUsageMarks(sql, { span, bucket, timeZone, now: query.now }),
    // Sums are of whole quarters: minutes are counted from the log.
    bucket === "minute" ? null : readRolledUntil(sql),
  ]);
  return { timeZone, bucket, marks, rolledUntil };
}

/** As a sorted array, in which Postgres finds the bucket of an instant by bisection. */
export function markList(sql: Sql, marks: readonly Date[]): UsageFragment {
  return sql`(select array_agg(mark::timestamptz order by mark::timestamptz) from json_array_elements_text(${JSON.stringify(marks)}::text::json) mark)`;
}

function rankBy(sql: Sql, measure: UsageMeasure): UsageFragment {
  switch (measure) {
    case "spend":
      return sql`spent`;
    case "requests":
      return sql`requests`;
    case "tokens":
      return sql`fresh_input_tokens + cached_input_tokens + cache_write_tokens + output_tokens`;
  }
}

function figureColumns(sql: Sql): UsageFragment {
  return sql`requests, failed, spent, plan_requests, plan_worth, plan_unpriced,
    fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens`;
}

export function figures(row: SumsRow | undefined): UsageFigures {
  const count = (value: string | null | undefined) => Number(value ?? 0);
  return {
    requests: count(row?.requests),
    failed: count(row?.failed),
    spentUsd: toUsdString(fromDb(row?.spent ?? "0")),
    tokens: {
      freshInput: count(row?.fresh_input_tokens),
      cachedInput: count(row?.cached_input_tokens),
      cacheWrite: count(row?.cache_write_tokens),
      output: count(row?.output_tokens),
      reasoning: count(row?.reasoning_tokens),
    },
    onPlans: {
      requests: count(row?.plan_requests),
      unpriced: count(row?.plan_unpriced),
      worthUsd: toUsdString(fromDb(row?.plan_worth ?? "0")),
    },
  };
}
