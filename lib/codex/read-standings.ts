import type { Sql } from "postgres";

/** One account as a runner sees it when it compares what is there with what should be there. */
export type AccountStanding = {
  accountId: string;
  state: string;
  host: string | null;
  containerState: string;
  /** Whose live lease it is; null: free. */
  leasedBy: string | null;
  /** The lane's window opens again then; null: it is not closed. */
  laneUntil: Date | null;
  signInWaiting: boolean;
  /** Its owner wants to sign in, and no runner has begun with it. */
  signInAsked: boolean;
};

/**
 * Accounts with their home on this host, those of the containers that were found, and of those that never had a home the ones that
 * wait for somebody: to be removed, or to sign in.
 */
export async function readStandings(sql: Sql, look: { host: string; found: readonly string[] }): Promise<AccountStanding[]> {
  return sql<AccountStanding[]>`
    select a.id as "accountId", a.state, a.host, a.container_state as "containerState",
      case when a.lease_expires_at > clock_timestamp() then a.lease_runner_id end as "leasedBy",
      case when l.state = 'exhausted' then l.state_until end as "laneUntil",
      exists (select 1 from sign_ins s where s.account_id = a.id and s.state = 'waiting') as "signInWaiting",
      exists (select 1 from sign_ins s where s.account_id = a.id and s.state = 'starting') as "signInAsked"
    from chatgpt_accounts a
    left join lanes l on l.chatgpt_account_id = a.id
    where (a.state <> 'removed' and (a.host = ${look.host} or (a.host is null and a.state in ('removing', 'signing_in'))))
      or a.id in (select jsonb_array_elements_text(${JSON.stringify(look.found)}::text::jsonb))`;
}
