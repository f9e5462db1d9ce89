import type { Sql } from "postgres";

/** A runner that was asked and did not answer is not asked again at once. */
const LATE_S = 30;

export type LaneToProbe = { accountId: string; userId: string };

/**
 * Exhausted lanes whose reset has passed and that nobody has looked at since: an account without a lease has no runner that
 * would. Longest waiting first.
 */
export async function lanesToProbe(sql: Sql, limit: number): Promise<LaneToProbe[]> {
  return sql<LaneToProbe[]>`
    select a.id as "accountId", a.user_id as "userId" from lanes l join chatgpt_accounts a on a.id = l.chatgpt_account_id
    where l.state = 'exhausted' and l.state_until < clock_timestamp() - make_interval(secs => ${LATE_S}) and a.state = 'signed_in'
    order by l.state_until limit ${limit}`;
}
