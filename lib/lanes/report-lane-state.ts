import type { Sql } from "postgres";
import type { LaneChange } from "@/lib/gateway/ports";

/**
 * What the gateway has learned about a lane from its upstream. Says nothing about a lane that its owner has paused or that is
 * not signed in, and never shortens what is known already.
 */
export async function reportLaneState(sql: Sql, laneId: string, change: LaneChange): Promise<void> {
  await sql`
    update lanes set state = ${change.state}, state_reason = ${change.reason.slice(0, 200)}, state_until = ${change.until.toISOString()}
    where id = ${laneId} and state not in ('paused', 'signing_in', 'signed_out') and not (state = 'exhausted' and state_until > ${change.until.toISOString()})
      and not (state = ${change.state} and state_until >= ${change.until.toISOString()})`;
}
