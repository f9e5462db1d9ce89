import { stringify } from "csv-stringify/sync";
import type { Reader } from "@/db/client";
import type { Viewer } from "@/lib/access/viewer";
import { type FilteredLog, listRequests, requireLogSight, type RequestView } from "@/lib/requests/read";
import { spanOf } from "@/lib/requests/request-filter";

export const EXPORT_FORMATS = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Rows of one read. Between two reads nothing is held in the database, however slowly the export is taken. */
const BATCH_ROWS = 500;

/**
 * The requests of a filter as CSV, a line each behind one with the names, or as NDJSON, each as `/api/v1/requests` answers it. Newest
 * first. What begins after the export has begun is not in it. The log is read on as the file is taken, so a request that was running
 * then is in it if it ended in time, and what is dropped from the log meanwhile is not.
 */
export async function* exportRequests(
  reader: Reader,
  viewer: Viewer,
  { format, userId, ...log }: { format: ExportFormat; userId: string } & FilteredLog,
): AsyncGenerator<string> {
  requireLogSight(viewer, userId);
  const filter = log.filter.to === null ? { ...log.filter, ...upTo(log) } : log.filter;
  if (format === "csv") yield stringify([COLUMNS.map(({ name }) => name)]);
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listRequests>> = await listRequests(reader, viewer, {
      userId,
      filter,
      now: log.now,
      limit: BATCH_ROWS,
      before,
    });
    if (page.rows.length > 0) yield format === "csv" ? csvLines(page.rows) : page.rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    before = page.nextCursor;
  } while (before !== null);
}

/** The range with both its ends. */
function upTo({ filter, now }: FilteredLog): Partial<FilteredLog["filter"]> {
  const { from } = spanOf(filter, now);
  return { from: from?.toISOString() ?? null, to: now.toISOString() };
}

/** Spreadsheets run cells that begin like a formula; texts of clients are among these. */
function csvLines(rows: readonly RequestView[]): string {
  return stringify(
    rows.map((row) => COLUMNS.map(({ of }) => of(row))),
    { escape_formulas: true, cast: { boolean: String } },
  );
}

type Cell = string | number | boolean | null;

/** Money in dollars with six decimals, times in UTC. */
const COLUMNS: readonly { name: string; of: (row: RequestView) => Cell }[] = [
  { name: "started_at", of: ({ startedAt }) => startedAt },
  { name: "id", of: ({ id }) => id },
  { name: "key_id", of: ({ keyId }) => keyId },
  { name: "method", of: ({ method }) => method },
  { name: "path", of: ({ path }) => path },
  { name: "model", of: ({ model }) => model },
  { name: "served_model", of: ({ servedModel }) => servedModel },
  { name: "lane_id", of: ({ lane }) => lane?.id ?? null },
  { name: "lane_kind", of: ({ lane }) => lane?.kind ?? null },
  { name: "lane", of: ({ lane }) => lane?.label ?? null },
  { name: "outcome", of: ({ outcome }) => outcome },
  { name: "status", of: ({ status }) => status },
  { name: "error_code", of: ({ errorCode }) => errorCode },
  { name: "error_text", of: ({ errorText }) => errorText },
  { name: "stream", of: ({ stream }) => stream },
  { name: "client", of: ({ client }) => client },
  { name: "project_id", of: ({ projectId }) => projectId },
  { name: "thread_id", of: ({ labels }) => labels.threadId },
  { name: "turn_id", of: ({ labels }) => labels.turnId },
  { name: "request_kind", of: ({ labels }) => labels.requestKind },
  { name: "thread_source", of: ({ labels }) => labels.threadSource },
  { name: "fresh_input_tokens", of: ({ tokens }) => tokens.freshInput },
  { name: "cached_input_tokens", of: ({ tokens }) => tokens.cachedInput },
  { name: "cache_write_tokens", of: ({ tokens }) => tokens.cacheWrite },
  { name: "output_tokens", of: ({ tokens }) => tokens.output },
  { name: "reasoning_tokens", of: ({ tokens }) => tokens.reasoning },
  { name: "web_search_calls", of: ({ webSearchCalls }) => webSearchCalls },
  { name: "estimated", of: ({ estimated }) => estimated },
  { name: "cost_usd", of: ({ costUsd }) => costUsd },
  { name: "cost_on_wallet_usd", of: ({ costOnWalletUsd }) => costOnWalletUsd },
  { name: "queued_ms", of: ({ queuedMs }) => queuedMs },
  { name: "first_content_ms", of: ({ firstContentMs }) => firstContentMs },
  { name: "duration_ms", of: ({ durationMs }) => durationMs },
  { name: "spill_reason", of: ({ spillReason }) => spillReason },
];
