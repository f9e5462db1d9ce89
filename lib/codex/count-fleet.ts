import type { Sql } from "postgres";
import { RUNNER_SILENCE_S } from "@/lib/codex/runners";

/** Codex lanes that are signed in, and runners that could answer for them. */
export async function countFleet(sql: Sql): Promise<{ lanes: number; runners: number }> {
  const [row] = await sql<{ lanes: number; runners: number }[]>`
    select (select count(*)::int from lanes l join chatgpt_accounts a on a.id = l.chatgpt_account_id where a.state = 'signed_in') as lanes,
      (select count(*)::int from runners where ended_at is null and draining_at is null
        and heartbeat_at > clock_timestamp() - make_interval(secs => ${RUNNER_SILENCE_S})) as runners`;
  return row ?? { lanes: 0, runners: 0 };
}
