import type { Sql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";

/** The container answers: a lane that cooled because of it takes requests at once. False: the lease is lost. */
export async function markContainerUp(sql: Sql, proof: LeaseProof): Promise<boolean> {
  return sql.begin(async (tx) => {
    const { accountId, fence } = proof;
    if ((await lockLeasedAccount(tx, proof)) === null) return false;
    await tx`update chatgpt_accounts set container_reason = null where id = ${accountId} and container_reason is not null`;
    const recovered = await tx`
      update lanes set state = 'ready', state_reason = null, state_until = null
      where chatgpt_account_id = ${accountId} and state = 'cooling' and state_reason like 'container_failed:%' returning id`;
    if (recovered.length > 0) await recordEvent(tx, { accountId, kind: "container_recovered", detail: null, fence });
    return true;
  });
}
