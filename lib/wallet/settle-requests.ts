import type { Sql } from "postgres";
import type { Settlement } from "@/lib/gateway/ports";
import { newId } from "@/lib/ids/ids";
import { microUsd, type MicroUsd } from "@/lib/money/micro-usd";
import { toJson } from "@/lib/wallet/admit-requests";
import { reviveSettlement } from "@/lib/wallet/revive-settlement";

/** A settlement as it is written: with the process that did the work. */
export type OwnedSettlement = Settlement & { processId: string };

/** Returns what each request was charged in all. Doing it again changes nothing. */
export async function settleRequests(sql: Sql, items: readonly OwnedSettlement[]): Promise<MicroUsd[]> {
  const rows = await sql<{ charged: string }[]>`select charged from settle_requests(${toJson(items)}::text::jsonb)`;
  return rows.map((row) => microUsd(BigInt(row.charged)));
}

/**
 * Keeps a settlement that the database refuses, byte for byte, with its hold untouched, and raises an alarm. A request can
 * have two of them, a declined attempt and its end: they are kept as one, which is settled as one.
 */
export async function parkSettlement(sql: Sql, item: OwnedSettlement, error: unknown): Promise<void> {
  const text = String(error instanceof Error ? error.message : error).slice(0, 2000);
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`park ${item.requestId}`}, 0))`;
    const [parked] = await tx<{ payload: Buffer }[]>`
      select payload from parked_settlements where request_id = ${item.requestId} and resolved_at is null`;
    const kept = parked ? merged(reviveSettlement(parked.payload.toString("utf8")), item) : item;
    await tx`
      insert into parked_settlements (request_id, payload, error) values (${item.requestId}, ${Buffer.from(toJson(kept))}, ${text})
      on conflict (request_id) do update
      set attempts = parked_settlements.attempts + 1, error = excluded.error, payload = excluded.payload, resolved_at = null`;
    // The request is over for its key, whatever becomes of its money.
    if (item.request !== null) await tx`delete from admissions where request_id = ${item.requestId}`;
    await tx`
      insert into alarms (id, kind, subject, detail)
      values (${newId("alarm")}, 'settlement_parked', ${item.requestId}, ${text})
      on conflict (kind, subject) where resolved_at is null do update set count = alarms.count + 1, last_seen_at = clock_timestamp()`;
  });
}

function merged(before: OwnedSettlement, item: OwnedSettlement): OwnedSettlement {
  const known = new Set(item.holds.map((hold) => hold.id));
  return {
    ...item,
    holds: [...before.holds.filter((hold) => !known.has(hold.id)), ...item.holds],
    request: item.request ?? before.request,
    attempts: item.request ? item.attempts : before.attempts,
  };
}
