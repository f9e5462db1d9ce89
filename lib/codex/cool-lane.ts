import type { Sql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";

/** Longer than any burst: whatever an upstream asks for, a lane that cools is tried again after this. */
const COOLING_S_MAX = 600;
const REASON_CHARS_MAX = 200;

/** A burst or an overload, seconds only. Never shortens what is known, and says nothing about a closed window. False: the lease is lost. */
export async function coolLane(sql: Sql, input: LeaseProof & { reason: string; until: Date }): Promise<boolean> {
  return sql.begin(async (tx) => {
    if ((await lockLeasedAccount(tx, input)) === null) return false;
    await tx`
      with until as (
        select least(${input.until.toISOString()}::timestamptz, clock_timestamp() + make_interval(secs => ${COOLING_S_MAX})) as at
      )
      update lanes set state = 'cooling', state_reason = ${input.reason.slice(0, REASON_CHARS_MAX)}, state_until = until.at
      from until
      where chatgpt_account_id = ${input.accountId} and until.at > clock_timestamp()
        and (state = 'ready' or (state = 'cooling' and state_until < until.at) or (state = 'exhausted' and state_until < clock_timestamp()))`;
    return true;
  });
}
