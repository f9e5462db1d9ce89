import type { Sql } from "postgres";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import type { TokensView } from "@/lib/requests/read";
import { readUsageSeries, type UsageFigures, type UsageSeries } from "@/lib/requests/read-usage-series";
import { NO_USAGE_QUERY, USAGE_DAYS_MAX, type UsageQuery } from "@/lib/requests/usage-query";
import { checkDay, checkTimeZone, countDays, dayInZone, daysIn, shiftDay } from "@/lib/requests/zone-days";
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
  /** The models that `byModel` has no room for, together; null: it has all. Clients may name any model, and none is served. */
  otherModels: OtherSums | null;
  byKey: (UsageSums & { key: { id: string; name: string } })[];
  otherKeys: OtherSums | null;
};

/** `count`: of how many. */
export type OtherSums = UsageSums & { count: number };

type DaysQuery = {
  userId: string;
  keyId?: string | null;
  timeZone?: string | null;
  from?: string | null;
  to?: string | null;
  clock: Clock;
};

const DAYS_DEFAULT = 30;
/** More keys and models than anybody means to have. */
const GROUPS_MAX = 1_000;

/** Days begin at midnight of the caller's zone, also where a change of the clock makes them 23 or 25 hours long. */
export async function readUsage(sql: Sql, viewer: Viewer, query: DaysQuery): Promise<UsageView> {
  const timeZone = checkTimeZone(query.timeZone || "UTC");
  const days = dayRange({ ...query, timeZone });
  const series = (groupBy: UsageQuery["groupBy"]): Promise<UsageSeries> =>
    readUsageSeries(sql, viewer, {
      ...NO_USAGE_QUERY,
      userId: query.userId,
      keyId: query.keyId,
      timeZone,
      now: query.clock.now(),
      days,
      bucket: groupBy === "all" ? "day" : "month",
      groupBy,
      groupsMax: GROUPS_MAX,
    });
  const [all, models, keys] = await Promise.all([series("all"), series("model"), series("key")]);
  const byDay = sumsByDay(all);
  return {
    timeZone,
    ...days,
    total: sums(all.total),
    byDay: Array.from({ length: countDays(days) }, (_, index) => shiftDay(days.from, index)).map((day) => ({
      day,
      // A day that the zone leapt over has no bucket.
      ...(byDay.get(day) ?? NOTHING),
    })),
    byModel: models.groups.map((group) => ({ model: group.id, ...sums(group) })),
    otherModels: otherSums(models),
    byKey: keys.groups.map((group) => ({ key: { id: group.id ?? "", name: group.isGone ? "" : group.name }, ...sums(group) })),
    otherKeys: otherSums(keys),
  };
}

const NOTHING: UsageSums = {
  requests: 0,
  spentUsd: "0.000000",
  tokens: { freshInput: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 },
};

function sumsByDay({ buckets, timeZone }: UsageSeries): Map<string, UsageSums> {
  const dayOf = daysIn(timeZone);
  return new Map(buckets.map(({ from, parts }) => [dayOf(new Date(from)), parts[0] ? sums(parts[0]) : NOTHING]));
}

function otherSums({ groups, groupsCount, others }: UsageSeries): OtherSums | null {
  return others && { count: groupsCount - groups.length, ...sums(others) };
}

function sums({ requests, spentUsd, tokens }: UsageFigures): UsageSums {
  return { requests, spentUsd, tokens };
}

function dayRange({ from, to, timeZone, clock }: { from?: string | null; to?: string | null; timeZone: string; clock: Clock }) {
  const last = to ? checkDay(to, "to") : dayInZone(clock.now(), timeZone);
  const first = from ? checkDay(from, "from") : shiftDay(last, 1 - DAYS_DEFAULT);
  const length = countDays({ from: first, to: last });
  if (length < 1) throw new AppError("request_invalid", "from must not be after to.", { param: "from" });
  if (length > USAGE_DAYS_MAX)
    throw new AppError("request_invalid", `from and to may be at most ${USAGE_DAYS_MAX} days apart.`, { param: "from" });
  return { from: first, to: last };
}
