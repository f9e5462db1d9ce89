import { AppError } from "@/lib/errors/app-error";
import { USAGE_DIMENSIONS, type UsageDimension } from "@/lib/requests/usage-sums";
import { checkDay, countDays, dayInZone, shiftDay } from "@/lib/requests/zone-days";

/* Which usage is meant, as it stands in the address of the screen, of the export and of `/api/v1/usage`: one grammar for all three. */

export const USAGE_RANGES = ["1h", "today", "7d", "30d"] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];
export const USAGE_BUCKETS = ["minute", "hour", "day", "month"] as const;
export type UsageBucket = (typeof USAGE_BUCKETS)[number];
export const USAGE_MEASURES = ["spend", "requests", "tokens"] as const;
export type UsageMeasure = (typeof USAGE_MEASURES)[number];
export const USAGE_GROUPS = USAGE_DIMENSIONS.filter((dimension) => dimension !== "all");

export type UsageQuery = {
  range: UsageRange;
  /** Days of the zone, both counted: where they are set, `range` says nothing. */
  days: { from: string; to: string } | null;
  /** Null: as it fits the range. */
  bucket: UsageBucket | null;
  groupBy: UsageDimension;
  /** What the largest group is the largest by. */
  measure: UsageMeasure;
};

export const NO_USAGE_QUERY: UsageQuery = { range: "7d", days: null, bucket: null, groupBy: "all", measure: "spend" };

export type UsageProblem = { param: string; message: string };

export const USAGE_DAYS_MAX = 366;
/** Of one answer. */
const BUCKETS_MAX = 1_500;
/** How many there are in a day, about. */
const PER_DAY: Record<UsageBucket, number> = { minute: 1_440, hour: 24, day: 1, month: 1 / 30 };

/** `problems` is empty when everything was understood; what was not is left out. */
export function readUsageQuery(params: URLSearchParams): { query: UsageQuery; problems: UsageProblem[] } {
  const problems: UsageProblem[] = [];
  const oneOf = <T extends string>(param: string, known: readonly T[]): T | null => {
    const value = params.get(param);
    if (!value) return null;
    const found = known.find((one) => one === value) ?? null;
    if (found === null) problems.push({ param, message: `${param} is one of ${known.join(", ")}.` });
    return found;
  };
  const range = oneOf("range", USAGE_RANGES) ?? NO_USAGE_QUERY.range;
  const days = attempt(() => readDays(params.get("from"), params.get("to")), problems);
  const span = days ? countDays(days) : RANGE_DAYS[range];
  const bucket = oneOf("bucket", USAGE_BUCKETS);
  const isTooFine = bucket !== null && span * PER_DAY[bucket] > BUCKETS_MAX;
  if (isTooFine) problems.push({ param: "bucket", message: `bucket: ${span} days hold too many of a ${bucket}. Take a coarser one.` });
  return {
    query: {
      range,
      days,
      bucket: isTooFine ? null : bucket,
      groupBy: oneOf("groupBy", USAGE_DIMENSIONS) ?? NO_USAGE_QUERY.groupBy,
      measure: oneOf("measure", USAGE_MEASURES) ?? NO_USAGE_QUERY.measure,
    },
    problems,
  };
}

/** For machines, which would rather have no answer than one to another question. Throws `request_invalid`. */
export function requireUsageQuery(params: URLSearchParams): UsageQuery {
  const { query, problems } = readUsageQuery(params);
  const [first] = problems;
  if (first) throw new AppError("request_invalid", first.message, { param: first.param });
  return query;
}

/** Its address, without what goes without saying. `readUsageQuery` of it is the query again. */
export function usageParams({ range, days, ...rest }: UsageQuery): URLSearchParams {
  const params = new URLSearchParams(days ?? (range === NO_USAGE_QUERY.range ? {} : { range }));
  for (const name of ["bucket", "groupBy", "measure"] as const) {
    const value = rest[name];
    if (value !== null && value !== NO_USAGE_QUERY[name]) params.set(name, value);
  }
  return params;
}

const RANGE_DAYS: Record<UsageRange, number> = { "1h": 1 / 24, today: 1, "7d": 7, "30d": 30 };

export type UsageSpan = { kind: "hour" } | { kind: "days"; from: string; to: string };

/** Whole days of the zone, the one that it is now among them. */
export function usageSpan({ range, days }: Pick<UsageQuery, "range" | "days">, now: Date, timeZone: string): UsageSpan {
  if (days) return { kind: "days", ...days };
  if (range === "1h") return { kind: "hour" };
  const today = dayInZone(now, timeZone);
  return { kind: "days", from: shiftDay(today, 1 - RANGE_DAYS[range]), to: today };
}

/** What is used where none is asked for. */
export function fittingBucket(span: UsageSpan): UsageBucket {
  if (span.kind === "hour") return "minute";
  const days = countDays(span);
  return days <= 2 ? "hour" : days <= 92 ? "day" : "month";
}

function readDays(from: string | null, to: string | null): UsageQuery["days"] {
  if (!from && !to) return null;
  const [first, last] = [checkDay(from || to!, "from"), checkDay(to || from!, "to")];
  if (first > last) throw new AppError("request_invalid", "from must not be after to.", { param: "from" });
  if (countDays({ from: first, to: last }) > USAGE_DAYS_MAX) {
    throw new AppError("request_invalid", `from and to may be at most ${USAGE_DAYS_MAX} days apart.`, { param: "from" });
  }
  return { from: first, to: last };
}

function attempt<T>(read: () => T, problems: UsageProblem[]): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    problems.push({ param: error.param ?? "from", message: error.message });
    return null;
  }
}
