import type { Sql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";
import { queueMail } from "@/lib/mail/queue-mail";

export type SignOutReason = "by_owner" | "by_openai" | "identity_mismatch" | "identity_taken";

const REASON_CHARS_MAX = 200;

/** False: the lease is lost. Who the account is stays known, so that only the same one can be signed in again. */
export async function markSignedOut(sql: Sql, input: LeaseProof & { reason: SignOutReason; message: string }): Promise<boolean> {
  return sql.begin(async (tx) => {
    const { accountId, fence, reason, message } = input;
    const account = await lockLeasedAccount(tx, input);
    if (!account) return false;
    if (account.state === "removing") return true;
    // The end of an earlier sign-in that is told late says nothing about the one that is being made.
    if (reason === "by_openai" && account.state !== "signed_in" && account.state !== "lost") return true;
    const stateReason = `${reason}: ${message}`.slice(0, REASON_CHARS_MAX);
    await tx`
      update chatgpt_accounts set state = case when identity_hash is null then 'new' else 'signed_out' end,
        state_reason = ${stateReason}, signed_out_at = coalesce(signed_out_at, clock_timestamp())
      where id = ${accountId}`;
    const [lane] = await tx<{ id: string; label: string }[]>`
      update lanes set state = case when state = 'paused' then state else 'signed_out' end,
        state_reason = case when state = 'paused' then state_reason else ${stateReason} end, state_until = null
      where chatgpt_account_id = ${accountId} returning id, label`;
    if (account.state === "signed_out") return true;
    await recordEvent(tx, { accountId, kind: "signed_out", detail: stateReason, fence });
    if (reason === "by_openai" && lane) {
      const payload = { laneId: lane.id, label: lane.label, address: account.email, message };
      await queueMail(tx, { kind: "signed_out_by_openai", userId: account.userId, payload });
    }
    return true;
  });
}
