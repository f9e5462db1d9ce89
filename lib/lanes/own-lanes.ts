import { asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { lanes } from "@/db/schema/lanes";

/** In the owner's order. */
export function ownLanes(reader: Reader, userId: string) {
  return reader.select().from(lanes).where(eq(lanes.userId, userId)).orderBy(asc(lanes.position));
}
