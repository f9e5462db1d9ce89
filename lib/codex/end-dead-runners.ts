import type { Sql } from "postgres";

/** Many heartbeats: whoever was only slow is back by then, and its leases have run out long before. */
const SILENCE_S = 120;

/** Runners that were killed never say goodbye. What they leased is free for others as soon as its lease runs out. */
export async function endDeadRunners(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    update runners set ended_at = clock_timestamp()
    where ended_at is null and heartbeat_at < clock_timestamp() - make_interval(secs => ${SILENCE_S})
    returning id`;
  return rows.map(({ id }) => id);
}
