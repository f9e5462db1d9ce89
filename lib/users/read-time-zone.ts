import { eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { users } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

/** The IANA zone that the user has chosen; null: as the browser says. */
export async function readTimeZone(reader: Reader, viewer: Viewer, { userId }: { userId: string }): Promise<string | null> {
  requireSight(viewer, userId);
  const [user] = await reader.select({ timeZone: users.timeZone }).from(users).where(eq(users.id, userId));
  return user?.timeZone ?? null;
}
