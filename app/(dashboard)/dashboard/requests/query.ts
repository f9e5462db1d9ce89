import { filterQuery, type RequestFilter } from "@/lib/requests/request-filter";

export const REQUESTS_PATH = "/dashboard/requests";

export type PageQuery = Record<string, string | string[] | undefined>;

/** As the browser has it in its address. */
export function searchParamsOf(query: PageQuery): URLSearchParams {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) for (const one of [value ?? []].flat()) params.append(name, one);
  return params;
}

type More = { before?: string | null; request?: string | null };

/** The screen with that filter. */
export function requestsHref(filter: RequestFilter, more: More = {}): string {
  const query = filterQuery(filter);
  for (const [name, value] of Object.entries(more)) if (value) query.set(name, value);
  const text = query.toString();
  return text === "" ? REQUESTS_PATH : `${REQUESTS_PATH}?${text}`;
}

export function exportHref(filter: RequestFilter, format: "csv" | "ndjson"): string {
  const query = filterQuery(filter);
  // The export keeps everything unless told otherwise, the screen its newest days.
  if (!query.has("from") && !query.has("to")) query.set("range", filter.range);
  query.set("format", format);
  return `/api/v1/requests/export?${query}`;
}
