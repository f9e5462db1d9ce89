import { sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { requests } from "@/db/schema/requests";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

/** Names that clients made up are among them. */
const MODELS_MAX = 50;
const NEWEST_ROWS = 5_000;

/** The models that this person's newest requests asked for, for choosing one. */
export async function readModels(reader: Reader, viewer: Viewer, { userId }: { userId: string }): Promise<string[]> {
  requireSight(viewer, userId);
  const rows = await reader.execute<{ model: string }>(sql`
    select distinct newest.model from (
      select ${requests.model} as model from ${requests} where ${requests.userId} = ${userId}
      order by ${requests.startedAt} desc limit ${NEWEST_ROWS}
    ) newest where newest.model is not null order by 1 limit ${MODELS_MAX}`);
  return [...rows].map(({ model }) => model);
}
