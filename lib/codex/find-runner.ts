import type { Sql } from "postgres";
import { RUNNER_SILENCE_S } from "@/lib/codex/runners";

/** A runner that is being replaced, with a new release or after a crash, is back within this. */
const RETURN_S = 60;

/**
 * Where the runner of an account is reached: the one that holds its lease; else one that is alive on the machine of its home, or
 * any where it has no home yet, always the same one for the same account as long as the runners stay the same. Null: nobody
 * can drive it now.
 */
export async function findRunner(
  sql: Sql,
  accountId: string,
  /** Addresses that have just not answered: a runner that died a moment ago still counts as alive. */
  options: { without?: readonly string[] } = {},
): Promise<{ address: string } | null> {
  const [found] = await sql<{ address: string }[]>`
    select r.address
    from chatgpt_accounts a
    join runners r on r.ended_at is null and (
      (r.id = a.lease_runner_id and a.lease_expires_at > clock_timestamp())
      -- One whose lease ran out was silent all that time.
      or (r.id is distinct from a.lease_runner_id and (a.lease_runner_id is null or a.lease_expires_at <= clock_timestamp())
        and r.draining_at is null and (a.host is null or a.host = r.host or a.container_state = 'none')
        and r.heartbeat_at > clock_timestamp() - make_interval(secs => ${RUNNER_SILENCE_S}))
    )
    where a.id = ${accountId} and a.state <> 'removed'
      and r.address not in (select jsonb_array_elements_text(${JSON.stringify(options.without ?? [])}::text::jsonb))
    order by md5(a.id || r.id)
    limit 1`;
  return found ?? null;
}

/**
 * Whether it is worth waiting for a runner when none is found: one that could drive the account was there a short while ago, so it is
 * being replaced. Where nobody has been for longer, nobody is coming.
 */
export async function isRunnerExpected(sql: Sql, accountId: string): Promise<boolean> {
  const [found] = await sql`
    select 1 from chatgpt_accounts a join runners r on a.host is null or a.host = r.host or a.container_state = 'none'
    where a.id = ${accountId} and coalesce(r.ended_at, r.heartbeat_at) > clock_timestamp() - make_interval(secs => ${RETURN_S})
    limit 1`;
  return found !== undefined;
}
