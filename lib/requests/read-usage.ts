import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { fromDb, toUsdString } from "@/lib/money/micro-usd";
import type { TokensView } from "@/lib/requests/read";
import type { Clock } from "@/lib/time/clock";

export type UsageSums = { requests: number; spentUsd: string; tokens: TokensView };

export type UsageView = {
  timeZone: string;
  /** First and last day, both counted, as days of the zone: `2026-11-20`. */
  from: string;
  to: string;
  total: UsageSums;
  /** Every day of the range, in order; a day without requests is all zeros. */
  byDay: (UsageSums & { day: string })[];
  /** Most expensive first. */
  byModel: (UsageSums & { model: string | null })[];
  byKey: (UsageSums & { key: { id: string; name: string } })[];
};

type UsageQuery = { userId: string; timeZone?: string | null; from?: string | null; to?: string | null; clock: Clock };

const DAYS_DEFAULT = 30;
const DAYS_MAX = 366;
const DAY_MS = 86_400_000;
/** Postgres: the zone or the date does not exist. */
const BAD_INPUT = new Set(["22023", "22007", "22008"]);

type Row = {
  set: "total" | "day" | "model" | "key";
  day: string | null;
  model: string | null;
  key_id: string | null;
  key_name: string | null;
  requests: string;
  spent: string;
  fresh_input: string;
  cached_input: string;
  cache_write: string;
  output: string;
  reasoning: string;
};

/** Days begin at midnight of the caller's zone, also where a change of the clock makes them 23 or 25 hours long. */
export async function readUsage(sql: Sql, viewer: Viewer, query: UsageQuery): Promise<UsageView> {
  requireSight(viewer, query.userId);
  const timeZone = checkTimeZone(query.timeZone || "UTC");
  const range = dayRange({ ...query, timeZone });
  const rows = await selectSums(sql, { ...range, timeZone, userId: query.userId });
  const of = (set: Row["set"]) => rows.filter((row) => row.set === set);
  const days = new Map(of("day").map((row) => [row.day, sums(row)]));
  return {
    timeZone,
    ...range,
    total: sums(of("total")[0]),
    byDay: daysBetween(range).map((day) => ({ day, ...(days.get(day) ?? sums(undefined)) })),
    byModel: of("model").map((row) => ({ model: row.model, ...sums(row) })),
    byKey: of("key").map((row) => ({ key: { id: row.key_id ?? "", name: row.key_name ?? "" }, ...sums(row) })),
  };
}

function selectSums(
  sql: Sql,
  { userId, timeZone, from, to }: { userId: string; timeZone: string; from: string; to: string },
): Promise<Row[]> {
  return sql<Row[]>`
    with counted as (
      select r.*, to_char(r.started_at at time zone ${timeZone}, 'YYYY-MM-DD') as day
      from requests r
      where r.user_id = ${userId}
        and r.started_at >= ${from}::date::timestamp at time zone ${timeZone}
        and r.started_at < (${to}::date + 1)::timestamp at time zone ${timeZone}
    )
    select case when grouping(c.day) = 0 then 'day' when grouping(c.model) = 0 then 'model' when grouping(c.key_id) = 0 then 'key' else 'total' end as set,
           c.day, c.model, c.key_id, (select k.name from api_keys k where k.id = c.key_id) as key_name,
           count(*) as requests, coalesce(sum(c.cost), 0)::bigint as spent,
           coalesce(sum(c.fresh_input_tokens), 0) as fresh_input, coalesce(sum(c.cached_input_tokens), 0) as cached_input,
           coalesce(sum(c.cache_write_tokens), 0) as cache_write, coalesce(sum(c.output_tokens), 0) as output,
           coalesce(sum(c.reasoning_tokens), 0) as reasoning
    from counted c
    group by grouping sets ((), (c.day), (c.model), (c.key_id))
    order by spent desc, requests desc, c.day, c.model, c.key_id`.catch((error: unknown) => {
    if (error instanceof Error && "code" in error && BAD_INPUT.has(String(error.code))) {
      throw new AppError("request_invalid", "tz, from or to is not known to the calendar.", { detail: error.message });
    }
    throw error;
  });
}

function sums(row: Row | undefined): UsageSums {
  return {
    requests: Number(row?.requests ?? 0),
    spentUsd: toUsdString(fromDb(row?.spent ?? "0")),
    tokens: {
      freshInput: Number(row?.fresh_input ?? 0),
      cachedInput: Number(row?.cached_input ?? 0),
      cacheWrite: Number(row?.cache_write ?? 0),
      output: Number(row?.output ?? 0),
      reasoning: Number(row?.reasoning ?? 0),
    },
  };
}

/** IANA names only: of an offset such as +02:00 Postgres reads the sign the other way round. */
function checkTimeZone(timeZone: string): string {
  try {
    if (/^[A-Za-z]/.test(timeZone)) return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    // Not known: the same answer as for a wrong form.
  }
  throw new AppError("request_invalid", `"${timeZone}" is not a time zone. Use an IANA name such as Europe/Berlin.`, { param: "tz" });
}

function dayRange({ from, to, timeZone, clock }: { from?: string | null; to?: string | null; timeZone: string; clock: Clock }) {
  const last = to ? checkDay(to, "to") : dayInZone(clock.now(), timeZone);
  const first = from ? checkDay(from, "from") : shiftDay(last, 1 - DAYS_DEFAULT);
  const length = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (length < 1) throw new AppError("request_invalid", "from must not be after to.", { param: "from" });
  if (length > DAYS_MAX) throw new AppError("request_invalid", `from and to may be at most ${DAYS_MAX} days apart.`, { param: "from" });
  return { from: first, to: last };
}

function checkDay(text: string, param: string): string {
  // Date.parse rolls 31 February over; the round trip notices.
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && shiftDay(text, 0) === text) return text;
  throw new AppError("request_invalid", `${param} must be a day such as 2026-11-20.`, { param });
}

/** Days are counted in UTC here: they stand for calendar days, and UTC has none that is longer than others. */
function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

function daysBetween({ from, to }: { from: string; to: string }): string[] {
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return Array.from({ length: count }, (_, index) => shiftDay(from, index));
}

function dayInZone(instant: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((found) => found.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}
