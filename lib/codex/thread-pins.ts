import type { Sql } from "postgres";
import type { ThreadPin } from "@/lib/gateway/ports";

export async function findPin(sql: Sql, keyId: string, threadId: string): Promise<ThreadPin | null> {
  const [pin] = await sql<ThreadPin[]>`
    select lane_id as "laneId", turn_id as "turnId", pinned_at as "pinnedAt", last_used_at as "lastUsedAt", foreign_items as "foreignItems"
    from thread_pins where key_id = ${keyId} and thread_id = ${threadId}`;
  return pin ?? null;
}

/** `pinned_at` is when the thread came to this lane with this turn. A lane that is gone meanwhile pins nothing. */
export async function keepPin(
  sql: Sql,
  pin: { userId: string; keyId: string; threadId: string } & Pick<ThreadPin, "laneId" | "turnId" | "foreignItems">,
): Promise<void> {
  await sql`
    insert into thread_pins as p (key_id, thread_id, user_id, lane_id, turn_id, foreign_items)
    select ${pin.keyId}, ${pin.threadId}, l.user_id, l.id, ${pin.turnId}, ${pin.foreignItems}
    from lanes l where l.id = ${pin.laneId} and l.user_id = ${pin.userId}
    on conflict (key_id, thread_id) do update set
      lane_id = excluded.lane_id, turn_id = excluded.turn_id, foreign_items = excluded.foreign_items, last_used_at = clock_timestamp(),
      pinned_at = case when p.lane_id = excluded.lane_id and p.turn_id is not distinct from excluded.turn_id then p.pinned_at
        else clock_timestamp() end`;
}
