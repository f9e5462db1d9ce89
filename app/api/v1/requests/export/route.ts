import { exportLimiter } from "@/app/_server/export-limiter";
import { apiDownload } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { EXPORT_FORMATS, exportRequests } from "@/lib/requests/export-requests";
import { narrowToKey, requireFilter } from "@/lib/requests/request-filter";
import { runtime } from "@/lib/runtime/runtime";

const TYPES = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson" } as const;

/** `?format=csv` or `ndjson`, and the filter of the request log. */
export const GET = apiDownload("requests", async ({ viewer, query, onlyKeyId }) => {
  const { exportDb, clock } = runtime();
  const format = EXPORT_FORMATS.find((known) => known === (query.get("format") ?? "csv"));
  if (format === undefined) throw new AppError("request_invalid", `format is one of ${EXPORT_FORMATS.join(", ")}.`, { param: "format" });
  const [filter, now] = [narrowToKey(requireFilter(query), onlyKeyId), clock.now()];
  await exportLimiter().count(viewer.userId);
  const parts = exportRequests(exportDb.orm, viewer, { format, userId: viewer.userId, filter, now });
  return { name: `requests-${now.toISOString().slice(0, 10)}.${format}`, type: TYPES[format], parts };
});
