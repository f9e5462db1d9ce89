import type { TransactionSql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";

export type LockedAccount = {
  userId: string;
  state: "new" | "signing_in" | "signed_in" | "signed_out" | "lost" | "removing" | "removed";
  identityHash: string | null;
  email: string | null;
  planType: string | null;
};

/**
 * The account row, locked until the transaction ends, or null for a runner that has lost its lease. Whoever needs the lane too
 * takes it after the account.
 */
export async function lockLeasedAccount(tx: TransactionSql, { accountId, runnerId, fence }: LeaseProof): Promise<LockedAccount | null> {
  const [account] = await tx<LockedAccount[]>`
    select user_id as "userId", state, identity_hash as "identityHash", email, plan_type as "planType"
    from chatgpt_accounts
    where id = ${accountId} and lease_runner_id = ${runnerId} and fence = ${fence} and state <> 'removed'
    for no key update`;
  return account ?? null;
}
