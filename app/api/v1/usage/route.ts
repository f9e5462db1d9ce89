import { apiRead } from "@/app/_server/responders";
import { readUsage } from "@/lib/requests/read-usage";
import { runtime } from "@/lib/runtime/runtime";

/** `?tz=Europe/Berlin&from=2026-11-01&to=2026-11-20`, all optional: the last 30 days in UTC. */
export const GET = apiRead(async ({ viewer, query }) => {
  const { db, clock } = runtime();
  return readUsage(db.sql, viewer, {
    userId: viewer.userId,
    timeZone: query.get("tz"),
    from: query.get("from"),
    to: query.get("to"),
    clock,
  });
});
