import type { Sql } from "postgres";
import type { Settlement } from "@/lib/gateway/ports";
import { toJson } from "@/lib/wallet/admit-requests";
import { microUsd, type MicroUsd } from "@/lib/money/micro-usd";

/** A settlement as it is written: with the process that did the work. */
export type OwnedSettlement = Settlement & { processId: string };

/** Returns what each request was charged in all. Doing it again changes nothing. */
export async function settleRequests(sql: Sql, items: readonly OwnedSettlement[]): Promise<MicroUsd[]> {
  const rows = await sql<{ charged: string }[]>`select charged from settle_requests(${toJson(items)}::text::jsonb)`;
  return rows.map((row) => microUsd(BigInt(row.charged)));
}

/** Keeps a settlement that the database refuses, byte for byte, with its hold untouched, and raises an alarm. */
export async function parkSettlement(sql: Sql, item: OwnedSettlement, error: unknown): Promise<void> {
  const text = String(error instanceof Error ? error.message : error).slice(0, 2000);
  await sql.begin(async (tx) => {
    await tx`
      insert into parked_settlements (request_id, payload, error) values (${item.requestId}, ${Buffer.from(toJson(item))}, ${text})
      on conflict (request_id) do update set attempts = parked_settlements.attempts + 1, error = excluded.error`;
    await tx`
      insert into alarms (id, kind, subject, detail)
      values (${`alarm_${item.requestId}`}, 'settlement_parked', ${item.requestId}, ${text})
      on conflict do nothing`;
  });
}
