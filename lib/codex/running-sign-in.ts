import type { Sql } from "postgres";

/** The one sign-in of this account that has not ended. */
export async function runningSignIn(sql: Sql, accountId: string): Promise<{ id: string; state: "starting" | "waiting" } | null> {
  const [row] = await sql<{ id: string; state: "starting" | "waiting" }[]>`
    select id, state from sign_ins where account_id = ${accountId} and ended_at is null`;
  return row ?? null;
}

/**
 * The other sign-ins on the machines of one host that come before this one: each of them keeps a container up. Those that have no code yet
 * count in the order in which they were asked for, so that of many at one time as many as may do go on.
 */
export async function signInsAhead(sql: Sql, { host, signInId }: { host: string; signInId: string }): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from sign_ins own
    join sign_ins s on s.id <> own.id and (s.state = 'waiting' or (s.created_at, s.id) < (own.created_at, own.id))
    join chatgpt_accounts a on a.id = s.account_id
    where own.id = ${signInId} and s.ended_at is null and a.host = ${host}`;
  return row?.count ?? 0;
}
