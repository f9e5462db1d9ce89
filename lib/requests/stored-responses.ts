import type { Sql } from "postgres";

/** The lane on which this owner's response is stored; null for nobody's and for anybody else's. */
export async function findStoredResponse(sql: Sql, userId: string, upstreamId: string): Promise<{ laneId: string } | null> {
  const [row] = await sql<
    { laneId: string }[]
  >`select lane_id as "laneId" from stored_responses where user_id = ${userId} and upstream_id = ${upstreamId}`;
  return row ?? null;
}

export async function recordStoredResponse(
  sql: Sql,
  record: { userId: string; keyId: string; laneId: string; upstreamId: string },
): Promise<void> {
  await sql`
    insert into stored_responses (user_id, key_id, lane_id, upstream_id)
    values (${record.userId}, ${record.keyId}, ${record.laneId}, ${record.upstreamId}) on conflict do nothing`;
}
