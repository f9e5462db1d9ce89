import { NO_FILTER, type RequestFilter } from "@/lib/requests/request-filter";
import { type UsageQuery, usageParams } from "@/lib/requests/usage-query";
import type { UsageDimension } from "@/lib/requests/usage-sums";

export const USAGE_PATH = "/dashboard/usage";

/** The screen with that question. */
export function usageHref(query: UsageQuery): string {
  const text = usageParams(query).toString();
  return text === "" ? USAGE_PATH : `${USAGE_PATH}?${text}`;
}

export function usageExportHref(query: UsageQuery, timeZone: string): string {
  const params = usageParams(query);
  params.set("tz", timeZone);
  return `/api/v1/usage/export?${params}`;
}

/** The filter of the request log that means one group; null: none does. */
export function groupFilter(
  dimension: UsageDimension,
  id: string | null,
  { from, to }: { from: string; to: string },
): RequestFilter | null {
  const span = { ...NO_FILTER, from, to };
  if (dimension === "all") return span;
  if (id !== null) return { ...span, [dimension]: [id] };
  return dimension === "lane" ? { ...span, laneKind: ["none"] } : null;
}
