import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { fromDb, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";
import { type PaceView, readPace } from "@/lib/requests/read-pace";
import type { Clock } from "@/lib/time/clock";

export type TodayView = {
  timeZone: string;
  requests: number;
  spentUsd: string;
  /** Every hour of the day in the zone, also those ahead: 23 or 25 of them where the clock is changed. `to` is not included. */
  hours: { from: string; to: string; requests: number; spentUsd: string }[];
  pace: PaceView;
};

type Row = { from_at: Date; to_at: Date; requests: string; spent: string };

/** The day that it is now in the zone, which must be one that the calendar knows. */
export async function readToday(
  sql: Sql,
  viewer: Viewer,
  { userId, timeZone, clock }: { userId: string; timeZone: string; clock: Clock },
): Promise<TodayView> {
  requireSight(viewer, userId);
  const now = clock.now();
  const [rows, pace] = await Promise.all([readHours(sql, { userId, timeZone, now }), readPace(sql, { userId, now })]);
  return {
    timeZone,
    requests: rows.reduce((sum, row) => sum + Number(row.requests), 0),
    spentUsd: toUsdString(rows.reduce((sum, row) => (sum + fromDb(row.spent)) as MicroUsd, 0n as MicroUsd)),
    hours: rows.map((row) => ({
      from: row.from_at.toISOString(),
      to: row.to_at.toISOString(),
      requests: Number(row.requests),
      spentUsd: toUsdString(fromDb(row.spent)),
    })),
    pace,
  };
}

function readHours(sql: Sql, { userId, timeZone, now }: { userId: string; timeZone: string; now: Date }): Promise<readonly Row[]> {
  return sql<Row[]>`
    with day as (
      select date_trunc('day', ${now}::timestamptz, ${timeZone}) as from_at,
             date_trunc('day', ${now}::timestamptz at time zone ${timeZone} + interval '1 day') at time zone ${timeZone} as to_at
    ), sums as (
      select date_bin('1 hour', r.started_at, day.from_at) as from_at, count(*) as requests, sum(r.cost) as spent
      from requests r, day
      where r.user_id = ${userId} and r.started_at >= day.from_at and r.started_at < day.to_at
      group by 1
    )
    select hour as from_at, least(hour + interval '1 hour', day.to_at) as to_at,
           coalesce(sums.requests, 0) as requests, coalesce(sums.spent, 0)::bigint as spent
    from day
    cross join lateral generate_series(day.from_at, day.to_at - interval '1 second', interval '1 hour') as hour
    left join sums on sums.from_at = hour
    order by hour`;
}
