import type { Sql } from "postgres";

/*
 * The way of a mail: waiting --claim--> being sent --sent | failed--> sent, waiting again later, or given up.
 *
 * A claim is only a later `next_try_at`: whoever dies with a mail in hand leaves it to the next one after that time, so a mail may
 * arrive twice, with the same Message-ID, and never not at all.
 *
 * The sealed secret of a mailed link is wiped when its mail has come to an end, sent or given up.
 */

export type ClaimedMail = { id: string; kind: string; recipient: string; payload: unknown; tries: number };

/** Longer than one mail can take, with all of its timeouts. */
const CLAIM_S = 300;
/** With the pauses below: about a day and a half. */
export const TRIES_MAX = 10;
const PAUSE_S_MIN = 60;
const PAUSE_S_MAX = 6 * 3600;
const ERROR_CHARS_MAX = 500;

/** The oldest that is due; nobody else gets it meanwhile. */
export async function claimMail(sql: Sql): Promise<ClaimedMail | null> {
  const [mail] = await sql<ClaimedMail[]>`
    update outbox set tries = tries + 1, next_try_at = clock_timestamp() + make_interval(secs => ${CLAIM_S})
    where id = (
      select id from outbox
      where sent_at is null and given_up_at is null and next_try_at <= clock_timestamp() and tries < ${TRIES_MAX}
      order by created_at limit 1 for update skip locked
    )
    returning id, kind, recipient, payload, tries`;
  return mail ?? null;
}

export async function markMailSent(sql: Sql, mailId: string): Promise<void> {
  await sql`
    update outbox set sent_at = clock_timestamp(), last_error = null, payload = payload #- '{link,sealed}'
    where id = ${mailId} and sent_at is null`;
}

/** Tried again after a pause that doubles, unless the refusal is final or it was the last try. True: given up. */
export async function markMailFailed(sql: Sql, mail: { id: string; tries: number; isFinal: boolean; error: string }): Promise<boolean> {
  const givenUp = mail.isFinal || mail.tries >= TRIES_MAX;
  const pauseS = Math.min(PAUSE_S_MAX, PAUSE_S_MIN * 2 ** (mail.tries - 1));
  await sql`
    update outbox set last_error = ${mail.error.slice(0, ERROR_CHARS_MAX)},
      given_up_at = case when ${givenUp}::boolean then clock_timestamp() end,
      payload = case when ${givenUp}::boolean then payload #- '{link,sealed}' else payload end,
      next_try_at = clock_timestamp() + make_interval(secs => ${pauseS})
    where id = ${mail.id} and sent_at is null`;
  return givenUp;
}

/** Mails whose last sender died with them in hand. */
export async function giveUpStrandedMails(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    update outbox set given_up_at = clock_timestamp(), payload = payload #- '{link,sealed}',
      last_error = coalesce(last_error, 'every sender stopped while sending it')
    where sent_at is null and given_up_at is null and tries >= ${TRIES_MAX} and next_try_at <= clock_timestamp()
    returning id`;
  return rows.map(({ id }) => id);
}
