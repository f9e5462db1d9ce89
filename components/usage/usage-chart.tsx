import { BarChart, type Bar, type BarPart } from "@/components/ui/bar-chart";
import { chartNumber, scaleUsd } from "@/components/ui/usd-scale";
import { bucketLabel, MEASURE_UNITS, MEASURE_WORDS } from "@/components/usage/usage-words";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import type { UsageFigures, UsageSeries } from "@/lib/requests/read-usage-series";
import type { UsageMeasure } from "@/lib/requests/usage-query";

const WHOLE = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact" });
const DAY_AND_HOUR_MS = 25 * 3_600_000;
/** The colour of all groups that have none of their own. */
const REST_SERIES = 6;

type Props = {
  series: UsageSeries;
  measure: UsageMeasure;
  /** To the requests of a bar. */
  hrefOf: (bucket: { from: string; to: string }) => string;
};

/** A bar for every bucket, with the largest groups apart. */
export function UsageChart({ series, measure, hrefOf }: Props) {
  const { buckets, bucket, timeZone, groups, groupBy } = series;
  const isOneDay = Date.parse(series.to) - Date.parse(series.from) <= DAY_AND_HOUR_MS;
  const bars = buckets.map(({ from, to, parts }): Bar => {
    const isUsed = parts.length > 0;
    const nothing = groupBy === "all" ? wholeParts(undefined, measure) : [];
    return {
      key: from,
      label: bucketLabel(from, { bucket, timeZone, isOneDay }),
      ...(isUsed && { href: hrefOf({ from, to }) }),
      parts: isUsed
        ? groupBy === "all"
          ? wholeParts(parts[0], measure)
          : parts.map(({ group, ...figures }) => ({
              name: group === null ? "All others" : groups[group]!.name,
              series: group === null ? REST_SERIES : group + 1,
              ...partOf(figures, measure),
            }))
        : nothing,
    };
  });
  return (
    <BarChart
      label={`${MEASURE_WORDS[measure]} by ${bucket}`}
      unit={`${MEASURE_UNITS[measure]} per ${bucket}`}
      zone={timeZone}
      bars={bars}
      format={measure === "spend" ? scaleUsd : (value) => SHORT.format(value)}
      whole={measure !== "spend"}
      timeName={bucket === "day" || bucket === "month" ? MEASURE_TIME[bucket] : "From"}
    />
  );
}

const MEASURE_TIME = { day: "Day", month: "Month" };

type Shown = Pick<BarPart, "value" | "shown">;

/** Told apart by kind, where it is not by group. */
function wholeParts(figures: UsageFigures | undefined, measure: UsageMeasure): BarPart[] {
  const tokens = figures?.tokens;
  switch (measure) {
    case "spend":
      return [{ name: "Spent", series: 1, ...money(figures?.spentUsd ?? "0.000000") }];
    case "requests":
      return [
        { name: "Answered", series: 1, ...count((figures?.requests ?? 0) - (figures?.failed ?? 0)) },
        { name: "Failed or refused", series: 4, ...count(figures?.failed ?? 0) },
      ];
    case "tokens":
      return [
        { name: "Fresh input", series: 1, ...count(tokens?.freshInput ?? 0) },
        { name: "Cached input", series: 2, ...count(tokens?.cachedInput ?? 0) },
        { name: "Cache write", series: 3, ...count(tokens?.cacheWrite ?? 0) },
        { name: "Reasoning", series: 4, ...count(tokens?.reasoning ?? 0) },
        { name: "Other output", series: 5, ...count((tokens?.output ?? 0) - (tokens?.reasoning ?? 0)) },
      ];
  }
}

function partOf({ spentUsd, requests, tokens }: UsageFigures, measure: UsageMeasure): Shown {
  switch (measure) {
    case "spend":
      return money(spentUsd);
    case "requests":
      return count(requests);
    case "tokens":
      return count(allTokens(tokens));
  }
}

/** Reasoning is a part of the output. */
export function allTokens({ freshInput, cachedInput, cacheWrite, output }: UsageFigures["tokens"]): number {
  return freshInput + cachedInput + cacheWrite + output;
}

function money(usd: string): Shown {
  const amount = parseUsd(usd);
  return { value: chartNumber(amount), shown: formatUsd(amount) };
}

function count(value: number): Shown {
  return { value, shown: WHOLE.format(value) };
}
