import { apiRead } from "@/app/_server/responders";
import { listRequests } from "@/lib/requests/read";
import { runtime } from "@/lib/runtime/runtime";

const LIMIT_DEFAULT = 50;

/** `?limit=50&before=<nextCursor>`, newest first. */
export const GET = apiRead(async ({ viewer, query }) =>
  listRequests(runtime().db.orm, viewer, {
    userId: viewer.userId,
    limit: Number(query.get("limit") ?? LIMIT_DEFAULT),
    before: query.get("before"),
  }),
);
