import { exportLimiter } from "@/app/_server/export-limiter";
import { apiDownload } from "@/app/_server/responders";
import { exportUsage } from "@/lib/requests/export-usage";
import { requireUsageQuery } from "@/lib/requests/usage-query";
import { checkTimeZone } from "@/lib/requests/zone-days";
import { runtime } from "@/lib/runtime/runtime";

/** CSV of what `/api/v1/usage` answers to `range` or `from` and `to`, `bucket` and `groupBy`, of every group. */
export const GET = apiDownload("requests", async ({ viewer, query, onlyKeyId }) => {
  const { exportDb, clock } = runtime();
  const timeZone = checkTimeZone(query.get("tz") || "UTC");
  const [usage, now] = [requireUsageQuery(query), clock.now()];
  await exportLimiter().count(viewer.userId);
  const parts = exportUsage(exportDb.sql, viewer, { ...usage, userId: viewer.userId, keyId: onlyKeyId, timeZone, now });
  return { name: `usage-${now.toISOString().slice(0, 10)}.csv`, type: "text/csv; charset=utf-8", parts };
});
