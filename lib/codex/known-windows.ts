import type { RawSql } from "@/db/raw-sql";
import type { KnownWindow } from "@/lib/codex/judge-limits";

export async function knownWindows(sql: RawSql, accountId: string): Promise<KnownWindow[]> {
  return sql<KnownWindow[]>`
    select limit_id as "limitId", limit_name as "limitName", window_minutes as "windowMinutes", used_percent as "usedPercent",
      resets_at as "resetsAt", observed_at as "observedAt"
    from usage_windows where account_id = ${accountId}`;
}
