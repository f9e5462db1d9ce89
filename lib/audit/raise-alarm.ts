import type { Sql } from "postgres";
import { newId } from "@/lib/ids/ids";

/** One open alarm per kind and subject: the same thing again counts it up. */
export async function raiseAlarm(sql: Sql, alarm: { kind: string; subject: string; detail: string }): Promise<void> {
  const detail = alarm.detail.replace(/[^\P{Cc}\n\t]+/gu, " ").slice(0, 2000);
  await sql`
    insert into alarms (id, kind, subject, detail) values (${newId("alarm")}, ${alarm.kind}, ${alarm.subject.slice(0, 200)}, ${detail})
    on conflict (kind, subject) where resolved_at is null
    do update set count = alarms.count + 1, last_seen_at = clock_timestamp(), detail = excluded.detail`;
}
