import type { Sql } from "postgres";
import { hostname } from "node:os";
import type { RequestProgress } from "@/lib/gateway/ports";
import { toJson } from "@/lib/wallet/admit-requests";

/** Before a process may own holds it must be known: what expires a hold is the silence of its process. */
export async function registerProcess(sql: Sql, process: { id: string; kind: string; pid: number }): Promise<void> {
  await sql`
    insert into processes (id, kind, host, pid) values (${process.id}, ${process.kind}, ${hostname()}, ${process.pid})
    on conflict (id) do update set heartbeat_at = clock_timestamp(), ended_at = null`;
}

/** The sign of life itself: first, alone, and waiting for nothing. */
export async function beat(sql: Sql, processId: string): Promise<void> {
  await sql`update processes set heartbeat_at = clock_timestamp() where id = ${processId}`;
}

/** One round trip, however many requests run. */
export async function noteProgress(sql: Sql, progress: readonly RequestProgress[]): Promise<void> {
  if (progress.length > 0) await sql`select note_progress(${toJson(progress)}::text::jsonb)`;
}

export async function endProcess(sql: Sql, processId: string): Promise<void> {
  await sql`update processes set ended_at = clock_timestamp() where id = ${processId}`;
}

/** Settles what dead processes left behind; returns how many holds were ended. */
export async function expireDeadHolds(sql: Sql, options: { timeoutS: number; ageMaxS: number; limit: number }): Promise<number> {
  const [row] = await sql<
    { count: number }[]
  >`select expire_dead_holds(${options.timeoutS}, ${options.limit}, ${options.ageMaxS}) as count`;
  return row?.count ?? 0;
}
