import type { Sql } from "postgres";
import { isDataError } from "@/lib/wallet/database-error";
import { parkSettlement, settleRequests } from "@/lib/wallet/settle-requests";
import { reviveSettlement } from "@/lib/wallet/revive-settlement";

const BATCH_MAX = 100;

/** Tries every parked settlement once more, alone. What is accepted closes its alarm. */
export async function retryParkedSettlements(sql: Sql): Promise<{ settled: number; refused: number }> {
  const parked = await sql<{ requestId: string; payload: Buffer }[]>`
    select request_id as "requestId", payload from parked_settlements where resolved_at is null order by attempts, parked_at limit ${BATCH_MAX}`;
  let settled = 0;
  for (const { requestId, payload } of parked) {
    const item = reviveSettlement(payload.toString("utf8"));
    try {
      await settleRequests(sql, [item]);
    } catch (error) {
      if (!isDataError(error)) throw error;
      await parkSettlement(sql, item, error);
      continue;
    }
    await sql`update parked_settlements set resolved_at = clock_timestamp(), payload = '' where request_id = ${requestId}`;
    await sql`update alarms set resolved_at = clock_timestamp() where kind = 'settlement_parked' and subject = ${requestId} and resolved_at is null`;
    settled += 1;
  }
  return { settled, refused: parked.length - settled };
}
