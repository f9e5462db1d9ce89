import { cookies } from "next/headers";
import { cache } from "react";
import { ZONE_COOKIE } from "@/components/layout/zone-cookie-name";
import type { Viewer } from "@/lib/access/viewer";
import { runtime } from "@/lib/runtime/runtime";
import { knownTimeZone } from "@/lib/time/known-time-zone";
import { readTimeZone } from "@/lib/users/read-time-zone";

/** In which days and hours are counted for this viewer: the zone that they chose, else their browser's, else UTC. */
export const viewerTimeZone = cache(async (viewer: Viewer): Promise<string> => {
  const chosen = await readTimeZone(runtime().db.orm, viewer, { userId: viewer.userId });
  return knownTimeZone(chosen) ?? knownTimeZone((await cookies()).get(ZONE_COOKIE)?.value) ?? "UTC";
});
