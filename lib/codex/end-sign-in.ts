import type { Sql } from "postgres";
import type { Tx } from "@/db/client";
import type { RawSql } from "@/db/raw-sql";
import { statementOn } from "@/db/statement";
import { recordEvent } from "@/lib/codex/record-event";
import { queueMail } from "@/lib/mail/queue-mail";

export type SignInEnd = "succeeded" | "cancelled" | "expired" | "refused" | "failed";

const MESSAGE_CHARS_MAX = 500;

/**
 * Ends a sign-in once: false when it had ended. The code is forgotten. Unless it succeeded (`recordIdentity` has said so
 * before), the account is signed out as it was, and a lane that waited for it waits for the next sign-in.
 */
export function endSignIn(sql: Sql, input: { signInId: string; state: SignInEnd; message: string | null }): Promise<boolean> {
  return sql.begin((tx) => endSignInWithin(tx, input));
}

export async function endSignInWithin(
  tx: Tx | RawSql,
  { signInId, state, message }: { signInId: string; state: SignInEnd; message: string | null },
): Promise<boolean> {
  const run = statementOn(tx);
  // The account first, as everywhere: whoever signs it in holds it too.
  const [account] = await run<{ id: string; userId: string }>`
    select a.id, a.user_id as "userId" from sign_ins s join chatgpt_accounts a on a.id = s.account_id
    where s.id = ${signInId} for no key update of a`;
  if (!account) return false;
  const ended = await run`
    update sign_ins set state = ${state}, message = ${message?.slice(0, MESSAGE_CHARS_MAX) ?? null}, user_code = null,
      ended_at = clock_timestamp()
    where id = ${signInId} and ended_at is null returning id`;
  if (ended.length === 0) return false;
  if (state === "succeeded") return true;
  await run`
    update chatgpt_accounts set state = case when identity_hash is null then 'new' else 'signed_out' end, state_reason = ${`sign-in ${state}`}
    where id = ${account.id} and state = 'signing_in'`;
  const [lane] = await run<{ id: string; label: string }>`
    update lanes set state = case when state = 'signing_in' then 'signed_out' else state end,
      state_reason = case when state = 'signing_in' then ${`sign-in ${state}`} else state_reason end
    where chatgpt_account_id = ${account.id} returning id, label`;
  await recordEvent(tx, { accountId: account.id, kind: "sign_in_ended", detail: message ? `${state}: ${message}` : state, fence: null });
  if (state === "refused" && lane) {
    const payload = { laneId: lane.id, label: lane.label, message: message ?? "The sign-in was refused." };
    await queueMail(tx, { kind: "sign_in_refused", userId: account.userId, payload });
  }
  return true;
}
