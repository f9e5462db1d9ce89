import type { Sql } from "postgres";
import { RUNNER_DEAD_S } from "@/lib/codex/runners";

/** Runners that were killed never say goodbye. What they leased is free for others as soon as its lease runs out. */
export async function endDeadRunners(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    update runners set ended_at = clock_timestamp()
    where ended_at is null and heartbeat_at < clock_timestamp() - make_interval(secs => ${RUNNER_DEAD_S})
    returning id`;
  return rows.map(({ id }) => id);
}
