import type { Sql } from "postgres";
import type { LeaseProof } from "@/lib/codex/container-record";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";
import { queueMail } from "@/lib/mail/queue-mail";

const COOLING_S_MIN = 15;
const COOLING_S_MAX = 900;
/** Doublings beyond this reach the maximum anyway. */
const DOUBLINGS_MAX = 6;
/** Failures that are longer ago say nothing about this one. */
const MEMORY_H = 24;
const REASON_CHARS_MAX = 200;

/**
 * A container that would not come up, or broke. The lane is passed over for a time that doubles with every failure since the
 * last recovery. The owner is told at most once a day. False: the lease is lost.
 */
export async function markContainerFailed(sql: Sql, input: LeaseProof & { reason: string; message: string }): Promise<boolean> {
  return sql.begin(async (tx) => {
    const { accountId, fence, reason, message } = input;
    const account = await lockLeasedAccount(tx, input);
    if (!account) return false;
    await tx`
      update chatgpt_accounts set container_state = case when container_state = 'none' then 'none' else 'failed' end,
        container_reason = ${`${reason}: ${message}`.slice(0, REASON_CHARS_MAX)}
      where id = ${accountId}`;
    const [before] = await tx<{ failures: number }[]>`
      select count(*)::int as failures from account_events
      where account_id = ${accountId} and kind = 'container_failed'
        and created_at > clock_timestamp() - make_interval(hours => ${MEMORY_H})
        and created_at > coalesce((select max(created_at) from account_events
          where account_id = ${accountId} and kind = 'container_recovered'), '-infinity')`;
    const coolingS = Math.min(COOLING_S_MAX, COOLING_S_MIN * 2 ** Math.min(before?.failures ?? 0, DOUBLINGS_MAX));
    const [lane] = await tx<{ id: string; label: string }[]>`
      update lanes set
        state = case when state in ('ready', 'cooling') then 'cooling' else state end,
        state_reason = case when state in ('ready', 'cooling') then ${`container_failed: ${message}`.slice(0, REASON_CHARS_MAX)}
          else state_reason end,
        state_until = case when state in ('ready', 'cooling') then clock_timestamp() + make_interval(secs => ${coolingS})
          else state_until end
      where chatgpt_account_id = ${accountId} returning id, label`;
    await recordEvent(tx, { accountId, kind: "container_failed", detail: `${reason}: ${message}`, fence });
    if (lane) {
      const payload = { laneId: lane.id, label: lane.label, message };
      await queueMail(tx, { kind: "container_failed", userId: account.userId, payload, onceADay: true });
    }
    return true;
  });
}
