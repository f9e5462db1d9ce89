import type { Tx } from "@/db/client";
import type { RawSql } from "@/db/raw-sql";
import { statementOn } from "@/db/statement";
import { newId } from "@/lib/ids/ids";
import { isOptionalMail } from "@/lib/mail/optional-mails";
import type { MailToQueue } from "@/lib/mail/mail-kinds";

/** Heard by `background` when the transaction commits: whoever waits for a link does not wait for the next minute. */
export const MAIL_QUEUED = "mail_queued";

/** A user, at the address that they have or at the given one; or an address that no user has. */
export type MailAddressee = { userId: string; recipient?: string } | { recipient: string; userId?: undefined };

/**
 * Writes a mail in the caller's transaction; `background` sends it. A user without an address gets it at the one of a ChatGPT
 * account that they connected. Returns the recipient, or null: there is no address, the user has turned this kind off, or (`onceADay`)
 * the same lane had such a mail within 24 hours, or the same address where the mail is about no lane.
 */
export async function queueMail(on: Tx | RawSql, mail: MailToQueue & MailAddressee & { onceADay?: boolean }): Promise<string | null> {
  const { kind, payload, userId = null, recipient = null, onceADay = false } = mail;
  const laneId = "laneId" in payload ? payload.laneId : null;
  const optional = isOptionalMail(kind) ? kind : null;
  const [row] = await statementOn(on)<{ recipient: string }>`
    with queued as (insert into outbox (id, kind, user_id, recipient, payload)
    select ${newId("mail")}, ${kind}, ${userId}::text, found.address, ${JSON.stringify(payload)}::text::jsonb
    from (select coalesce(${recipient}::text,
      (select u.email from users u where u.id = ${userId}::text),
      (select a.email from chatgpt_accounts a where a.user_id = ${userId}::text and a.email is not null
        order by a.signed_in_at desc nulls last limit 1)) as address) found
    where found.address is not null and not (${onceADay}::boolean and exists (select 1 from outbox o
      where o.kind = ${kind} and (case when ${laneId}::text is null then lower(o.recipient) = lower(found.address)
          else o.payload ->> 'laneId' = ${laneId} end) and o.created_at > clock_timestamp() - interval '1 day'))
      and not exists (select 1 from mail_opt_outs w where w.user_id = ${userId}::text and w.kind = ${optional}::text)
    returning recipient)
    select recipient, pg_notify(${MAIL_QUEUED}, '')::text from queued`;
  return row?.recipient ?? null;
}
