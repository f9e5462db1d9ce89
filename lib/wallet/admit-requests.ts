import type { RawSql } from "@/db/raw-sql";
import type { Admission, AdmissionOutcome, AdmissionResult } from "@/lib/gateway/ports";
import { microUsd } from "@/lib/money/micro-usd";

type Row = {
  ordinal: number;
  outcome: AdmissionOutcome;
  available: string | null;
  held: string | null;
  retry_after_s: number | null;
  resets_at: Date | null;
};

/**
 * Lets a group of requests in and places their holds: one statement, one commit. Idempotent per hold id and request id, so a
 * group whose acknowledgement was lost may be sent again.
 */
export async function admitRequests(sql: RawSql, processId: string, items: readonly Admission[]): Promise<AdmissionResult[]> {
  const rows = await sql<
    Row[]
  >`select * from admit_requests(${toJson(items.map((item) => ({ ...item, processId })))}::text::jsonb) order by ordinal`;
  return rows.map((row) => ({
    outcome: row.outcome,
    available: row.available === null ? null : microUsd(BigInt(row.available)),
    held: row.held === null ? null : microUsd(BigInt(row.held)),
    retryAfterS: row.retry_after_s,
    resetsAt: row.resets_at,
  }));
}

/**
 * JSON with every bigint as a decimal string, which the SQL side casts back. Text that clients and upstreams chose loses what
 * Postgres cannot store (NUL, halves of surrogate pairs): it must not keep a request from being settled.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    if (typeof item === "string" && (item.includes("\u0000") || !item.isWellFormed())) return item.replaceAll("\u0000", "").toWellFormed();
    return item;
  });
}
