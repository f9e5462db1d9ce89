import { apiRead } from "@/app/_server/responders";
import { readUsage } from "@/lib/requests/read-usage";
import { readUsageSeries } from "@/lib/requests/read-usage-series";
import { requireUsageQuery } from "@/lib/requests/usage-query";
import { runtime } from "@/lib/runtime/runtime";

/**
 * `?tz=Europe/Berlin&from=2026-11-01&to=2026-11-20`, all optional: the last 30 days in UTC, by day, model and key. With `bucket`,
 * `groupBy` or `range` instead a series: `?range=7d&bucket=hour&groupBy=project`.
 */
export const GET = apiRead("requests", async ({ viewer, query, onlyKeyId }) => {
  const { db, clock } = runtime();
  const { userId } = viewer;
  if (["bucket", "groupBy", "range"].some((name) => query.has(name))) {
    return readUsageSeries(db.sql, viewer, {
      ...requireUsageQuery(query),
      userId,
      keyId: onlyKeyId,
      timeZone: query.get("tz") || "UTC",
      now: clock.now(),
    });
  }
  return readUsage(db.sql, viewer, {
    userId,
    keyId: onlyKeyId,
    timeZone: query.get("tz"),
    from: query.get("from"),
    to: query.get("to"),
    clock,
  });
});
