import { apiRead } from "@/app/_server/responders";
import { readLive } from "@/lib/requests/read-live";
import { runtime } from "@/lib/runtime/runtime";

/** What runs at this moment, and how long the wallet lasts. */
export const GET = apiRead("account", ({ viewer }) => {
  const { db, clock } = runtime();
  return readLive(db.sql, viewer, { userId: viewer.userId, now: clock.now() });
});
