import type { UsageBucket, UsageMeasure, UsageRange } from "@/lib/requests/usage-query";
import type { UsageDimension } from "@/lib/requests/usage-sums";

export const RANGE_WORDS: Record<UsageRange, string> = { "1h": "1 hour", today: "Today", "7d": "7 days", "30d": "30 days" };
export const GROUP_WORDS: Record<UsageDimension, string> = {
  all: "None",
  model: "Model",
  key: "Key",
  lane: "Lane",
  project: "Project",
  client: "Client",
};
export const MEASURE_WORDS: Record<UsageMeasure, string> = { spend: "Spend", requests: "Requests", tokens: "Tokens" };
export const MEASURE_UNITS: Record<UsageMeasure, string> = { spend: "US dollars", requests: "Requests", tokens: "Tokens" };
export const BUCKET_WORDS: Record<UsageBucket, string> = { minute: "Minute", hour: "Hour", day: "Day", month: "Month" };

/** When a bucket begins, as short as the range allows. */
export function bucketLabel(
  from: string,
  { bucket, timeZone, isOneDay }: { bucket: UsageBucket; timeZone: string; isOneDay: boolean },
): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "short",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(from));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((found) => found.type === type)?.value ?? "";
  const [time, day] = [`${part("hour")}:${part("minute")}`, `${Number(part("day"))} ${part("month")}`];
  switch (bucket) {
    case "month":
      return `${part("month")} ${part("year")}`;
    case "day":
      return day;
    default:
      return isOneDay ? time : `${day}, ${time}`;
  }
}
