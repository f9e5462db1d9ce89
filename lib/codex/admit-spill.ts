import type { Sql } from "postgres";
import type { RawSql } from "@/db/raw-sql";
import type { SpillReason } from "@/lib/gateway/ports";
import { queueMail } from "@/lib/mail/queue-mail";

/** Whether that lane has taken over all that it may in this UTC day. */
export async function isSpillCapped(sql: RawSql, { laneId, requestsMax }: { laneId: string; requestsMax: number }): Promise<boolean> {
  const [today] = await sql<{ requests: number }[]>`
    select requests from lane_spills where lane_id = ${laneId} and day = (now() at time zone 'utc')::date`;
  return (today?.requests ?? 0) >= requestsMax;
}

/**
 * Counts a request that a paid lane takes over from the Codex lanes above it, up to its cap for this UTC day. The day's first
 * one is told to the owner by mail, in the same transaction.
 */
export async function admitSpill(
  sql: Sql,
  spill: { userId: string; laneId: string; reason: SpillReason; requestsMax: number },
): Promise<"ok" | "capped"> {
  const { userId, laneId, reason, requestsMax } = spill;
  return sql.begin(async (tx) => {
    const [counted] = await tx<{ requests: number; label: string; kind: "api_key" | "wallet" }[]>`
      with counted as (
        insert into lane_spills as s (user_id, lane_id, day, requests, first_reason)
        select l.user_id, l.id, (now() at time zone 'utc')::date, 1, ${reason}
        from lanes l where l.id = ${laneId} and l.user_id = ${userId} and ${requestsMax}::int > 0
        on conflict (lane_id, day) do update set requests = s.requests + 1, last_at = clock_timestamp() where s.requests < ${requestsMax}
        returning lane_id, requests
      )
      select c.requests, l.label, l.kind from counted c join lanes l on l.id = c.lane_id`;
    if (!counted) return "capped";
    if (counted.requests === 1) {
      const { label, kind: laneKind } = counted;
      await queueMail(tx, { kind: "lane_spill", userId, payload: { laneId, label, laneKind, reason, requestsMax } });
    }
    return "ok";
  });
}
