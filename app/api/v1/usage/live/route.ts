import { apiRead } from "@/app/_server/responders";
import { readLive } from "@/lib/requests/read-live";
import { runtime } from "@/lib/runtime/runtime";

/** What runs at this moment, and how long the wallet lasts at the pace of the last minutes. */
export const GET = apiRead("account", ({ viewer }) => readLive(runtime().db.sql, viewer, { userId: viewer.userId }));
