import type { Sql } from "postgres";
import { AppError } from "@/lib/errors/app-error";
import type { UsageBucket, UsageSpan } from "@/lib/requests/usage-query";

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
/** Postgres: the zone or the date does not exist. */
const BAD_INPUT = new Set(["22023", "22007", "22008"]);

/** Where the buckets of that span begin, in order, and behind them where the last one ends. */
export async function readUsageMarks(
  sql: Sql,
  { span, bucket, timeZone, now }: { span: UsageSpan; bucket: UsageBucket; timeZone: string; now: Date },
): Promise<Date[]> {
  if (span.kind === "hour") {
    const end = (Math.floor(now.getTime() / MINUTE_MS) + 1) * MINUTE_MS;
    const step = bucket === "minute" ? 1 : HOUR_MINUTES;
    const count = HOUR_MINUTES / step;
    return Array.from({ length: count + 1 }, (_, index) => new Date(end - (count - index) * step * MINUTE_MS));
  }
  const [row] = await sql<{ marks: string[] }[]>`
    with days as (
      select day::date as day from generate_series(${span.from}::date, ${span.to}::date + 1, interval '1 day') as day
    ), starts as (
      -- Where the clock is put back over midnight, a midnight comes twice: the day begins with the first. One that never comes
      -- stands for the moment that took its place.
      select day, case when ((at - interval '1 hour') at time zone ${timeZone})::date >= day then at - interval '1 hour' else at end as at
      from days, lateral (select day::timestamp at time zone ${timeZone} as at) midnight
    ), marks as (
      select at from starts where ${bucket}::text <> 'month' or extract(day from day) = 1 or day in (${span.from}::date, ${span.to}::date + 1)
      union
      select step from (select at, lead(at) over (order by day) as next from starts) days,
        lateral generate_series(at, next - interval '1 second', ${bucket === "minute" ? "1 minute" : "1 hour"}::text::interval) as step
      where ${bucket}::text in ('minute', 'hour')
    )
    select json_agg(at order by at) as marks from marks`.catch((error: unknown) => {
    if (error instanceof Error && "code" in error && BAD_INPUT.has(String(error.code))) {
      throw new AppError("request_invalid", "tz, from or to is not known to the calendar.", { detail: error.message });
    }
    throw error;
  });
  return (row?.marks ?? []).map((mark) => new Date(mark));
}
