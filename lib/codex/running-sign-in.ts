import type { Sql } from "postgres";

/** The one sign-in of this account that has not ended. */
export async function runningSignIn(sql: Sql, accountId: string): Promise<{ id: string; state: "starting" | "waiting" } | null> {
  const [row] = await sql<{ id: string; state: "starting" | "waiting" }[]>`
    select id, state from sign_ins where account_id = ${accountId} and ended_at is null`;
  return row ?? null;
}

/** Sign-ins whose owners are being waited for, on the machines of one host: each of them keeps a container up. */
export async function waitingSignIns(sql: Sql, host: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from sign_ins s join chatgpt_accounts a on a.id = s.account_id
    where s.state = 'waiting' and s.ended_at is null and a.host = ${host}`;
  return row?.count ?? 0;
}
