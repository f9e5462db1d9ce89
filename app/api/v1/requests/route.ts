import { apiRead } from "@/app/_server/responders";
import { listRequests } from "@/lib/requests/read";
import { narrowToKey, requireFilter } from "@/lib/requests/request-filter";
import { runtime } from "@/lib/runtime/runtime";

const LIMIT_DEFAULT = 50;

/** `?limit=50&before=<nextCursor>` and the filter of the request log, newest first; without a range everything that is kept. */
export const GET = apiRead("requests", async ({ viewer, query, onlyKeyId }) => {
  const { db, clock } = runtime();
  if (!query.has("range")) query.set("range", "all");
  return listRequests(db.orm, viewer, {
    userId: viewer.userId,
    filter: narrowToKey(requireFilter(query), onlyKeyId),
    now: clock.now(),
    limit: Number(query.get("limit") ?? LIMIT_DEFAULT),
    before: query.get("before"),
  });
});
