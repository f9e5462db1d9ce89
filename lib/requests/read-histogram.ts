import { desc, sql as fragment } from "drizzle-orm";
import type { Database } from "@/db/client";
import { requests } from "@/db/schema/requests";
import type { Viewer } from "@/lib/access/viewer";
import { fromDb, toUsdString } from "@/lib/money/micro-usd";
import { filterSql } from "@/lib/requests/filter-sql";
import { type FilteredLog, requireLogSight } from "@/lib/requests/read";
import { countFields, type RequestFilter, spanOf } from "@/lib/requests/request-filter";
import { isWholeQuarters, readRolledUntil, USAGE_DIMENSIONS, type UsageDimension, usageRows } from "@/lib/requests/usage-sums";

export type Histogram = {
  /** Every bar is as long as the others. */
  stepMs: number;
  /** In order, also those without requests. `from` is included, `to` is not. */
  bars: { from: string; to: string; answered: number; failed: number; costUsd: string }[];
  /** Not null: there are so many that only the newest, since then, were counted. */
  since: string | null;
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const STEPS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS];
const BARS_MAX = 64;
/** Rows that are counted one by one. */
export const HISTOGRAM_ROWS_MAX = 5_000;

type Row = { bucket: string; answered: string; failed: string; cost: string };
type Counted = { rows: readonly Row[]; since: Date | null };
type Question = { userId: string; filter: RequestFilter; now: Date; from: Date; to: Date; stepMs: number };

/** How many requests of the filter there were over its range. Null: none. */
export async function readHistogram(
  { orm, sql }: Pick<Database, "orm" | "sql">,
  viewer: Viewer,
  { userId, filter, now }: { userId: string } & FilteredLog,
): Promise<Histogram | null> {
  requireLogSight(viewer, userId);
  const span = spanOf(filter, now);
  const from = span.from ?? (await firstOf({ orm }, { userId, filter, now }));
  if (from === null) return null;
  // Nothing began after now, whatever the address asks for.
  const to = span.to && span.to < now ? span.to : now;
  const stepMs = fittingStep(to.getTime() - from.getTime());
  const question = { userId, filter, now, from, to, stepMs };
  const dimension = dimensionOf(filter);
  const { rows, since } = dimension ? await countSums({ sql }, question, dimension) : await countRows({ orm }, question);
  if (rows.length === 0) return null;
  const found = new Map(rows.map((row) => [Number(row.bucket), row]));
  const first = Math.floor((since ?? from).getTime() / stepMs);
  const last = Math.floor((to.getTime() - 1) / stepMs);
  return {
    stepMs,
    bars: Array.from({ length: Math.max(last - first + 1, 1) }, (_, at) => {
      const row = found.get(first + at);
      return {
        from: new Date((first + at) * stepMs).toISOString(),
        to: new Date((first + at + 1) * stepMs).toISOString(),
        answered: Number(row?.answered ?? 0),
        failed: Number(row?.failed ?? 0),
        costUsd: toUsdString(fromDb(row?.cost ?? "0")),
      };
    }),
    since: since?.toISOString() ?? null,
  };
}

/** The shortest with which there are few bars; beyond the longest, as many of those together as it takes. */
function fittingStep(spanMs: number): number {
  const longest = STEPS_MS.at(-1)!;
  return STEPS_MS.find((ms) => spanMs / ms < BARS_MAX) ?? Math.ceil(spanMs / BARS_MAX / longest) * longest;
}

/** The one by which the filter narrows its range down, if it is one that is summed up; null: it is not, or there are several. */
function dimensionOf(filter: RequestFilter): { dimension: UsageDimension; values: readonly string[] | null } | null {
  const fields = countFields(filter);
  if (fields === 0) return { dimension: "all", values: null };
  const dimension = USAGE_DIMENSIONS.find((one) => one !== "all" && filter[one].length > 0);
  return fields === 1 && dimension !== undefined && dimension !== "all" ? { dimension, values: filter[dimension] } : null;
}

/** From what is summed up, as far as the bars are made of whole quarters. */
async function countSums(
  { sql }: Pick<Database, "sql">,
  { userId, from, to, stepMs }: Question,
  { dimension, values }: { dimension: UsageDimension; values: readonly string[] | null },
): Promise<Counted> {
  const rolledUntil = isWholeQuarters(stepMs) ? await readRolledUntil(sql) : null;
  const rows = await sql<Row[]>`
    select floor(extract(epoch from at) * 1000 / ${stepMs}) as bucket, sum(requests - failed)::text as answered, sum(failed)::text as failed,
      sum(spent)::text as cost
    from (${usageRows(sql, { userId, dimension, values, from, to, rolledUntil })}) counted group by 1`;
  return { rows, since: null };
}

/** One by one, the newest first. */
async function countRows({ orm }: Pick<Database, "orm">, { userId, filter, now, stepMs }: Question): Promise<Counted> {
  const newest = orm
    .select({ startedAt: requests.startedAt, outcome: requests.outcome, cost: requests.cost })
    .from(requests)
    .where(filterSql(userId, filter, now))
    .orderBy(desc(requests.startedAt))
    .limit(HISTOGRAM_ROWS_MAX)
    .as("newest");
  const rows = await orm
    .select({
      bucket: fragment<string>`floor(extract(epoch from ${newest.startedAt}) * 1000 / ${stepMs}::bigint)`.as("bucket"),
      answered: fragment<string>`count(*) filter (where ${newest.outcome} not in ('failed', 'refused'))`,
      failed: fragment<string>`count(*) filter (where ${newest.outcome} in ('failed', 'refused'))`,
      cost: fragment<string>`sum(${newest.cost})::text`,
      oldest: fragment<string>`min(${newest.startedAt})::text`,
    })
    .from(newest)
    .groupBy(fragment`1`);
  const count = rows.reduce((sum, row) => sum + Number(row.answered) + Number(row.failed), 0);
  const oldest = rows.map((row) => new Date(row.oldest)).toSorted((one, two) => one.getTime() - two.getTime())[0];
  return { rows, since: count === HISTOGRAM_ROWS_MAX ? (oldest ?? null) : null };
}

async function firstOf({ orm }: Pick<Database, "orm">, { userId, filter, now }: { userId: string } & FilteredLog): Promise<Date | null> {
  const [row] = await orm
    .select({ at: requests.startedAt })
    .from(requests)
    .where(filterSql(userId, filter, now))
    .orderBy(requests.startedAt)
    .limit(1);
  return row?.at ?? null;
}
