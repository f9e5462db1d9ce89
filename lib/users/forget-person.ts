import { and, eq, inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { alarms, auditLog, outbox } from "@/db/schema/operations";
import { balanceAlerts, mailLinks, mailOptOuts, recoveryCodes, sessions } from "@/db/schema/users";
import { NAMELESS_ALARM } from "@/lib/mail/nameless-alarm";

type Person = { userId: string; username: string; email: string | null };

/** Members of audited changes that say who somebody is, or hold words of theirs. */
const PERSONAL_FIELDS = ["username", "email", "name", "label", "baseUrl", "ipAllow"];

/**
 * Takes a person out of every table but the request log and the rows that the ledger refers to. The large tables are asked for values
 * that were read before: a join with them may be planned as a look at the whole.
 */
export async function forgetPerson(tx: Tx, person: Person): Promise<void> {
  // First: it reads addresses from the rows that go.
  await forgetMails(tx, person);
  await forgetAudits(tx, person);
  await forgetChatgpt(tx, person);
  for (const table of [sessions, mailLinks, recoveryCodes, mailOptOuts, balanceAlerts]) {
    await tx.delete(table).where(eq(table.userId, person.userId));
  }
}

/**
 * The person's own, those to admins that name them, and those of nobody to an address that was theirs alone: what they only typed, or
 * what somebody else has had too, says nothing about whose a mail is. What waits to be sent is not sent any more.
 */
async function forgetMails(tx: Tx, { userId, username, email }: Person): Promise<void> {
  const known = await tx.execute<{ address: string }>(sql`
    select known.address from (
      select lower(${email}::text) as address
      union select lower(email) from mail_links where user_id = ${userId} and used_at is not null
      union select lower(email) from chatgpt_accounts where user_id = ${userId}
      union select lower(coalesce(after ->> 'email', before ->> 'email')) from audit_log where subject = ${userId}) known
    where known.address is not null
      and not exists (select from users u where lower(u.email) = known.address and u.id <> ${userId})
      and not exists (select from chatgpt_accounts c where lower(c.email) = known.address and c.user_id <> ${userId})
      and not exists (select from mail_links l where lower(l.email) = known.address and l.user_id <> ${userId} and l.used_at is not null)`);
  const theirs = inArray(
    sql`lower(${outbox.recipient})`,
    known.map(({ address }) => address),
  );
  const gone = await tx.execute<{ id: string }>(sql`
    delete from outbox
    where user_id = ${userId} or (user_id is null and ${theirs}) or (kind = 'sign_up_waits' and payload ->> 'username' = ${username})
    returning id`);
  const ids = gone.map(({ id }) => id);
  await tx
    .update(alarms)
    .set({ detail: NAMELESS_ALARM })
    .where(and(eq(alarms.kind, "mail_given_up"), inArray(alarms.subject, ids)));
}

/** Who did what, and when, stays; from where, and in which words, does not. */
async function forgetAudits(tx: Tx, { userId }: Person): Promise<void> {
  const without = (column: "before" | "after") => sql`${sql.identifier(column)} - ${sql.raw(`array['${PERSONAL_FIELDS.join("','")}']`)}`;
  const things = await tx.execute<{ id: string }>(sql`
    select id from api_keys where user_id = ${userId}
    union all select id from key_helpers where user_id = ${userId}
    union all select id from chatgpt_accounts where user_id = ${userId}`);
  const isTheirs = inArray(auditLog.subject, [userId, ...things.map(({ id }) => id)]);
  await tx.execute(sql`
    update audit_log set before = ${without("before")}, after = ${without("after")}, note = null,
      address = case when actor = ${userId} then null else address end
    where ${isTheirs} or coalesce(after ->> 'userId', before ->> 'userId') = ${userId}`);
  await tx.execute(sql`update audit_log set address = null where actor = ${userId} and address is not null`);
}

/** What was agreed to, and when, stays as the proof of it. */
async function forgetChatgpt(tx: Tx, { userId }: Person): Promise<void> {
  await tx.execute(sql`
    update account_consents set address = null
    where account_id in (select id from chatgpt_accounts where user_id = ${userId}) and address is not null`);
  await tx.execute(sql`update sign_ins set address = null, message = null where user_id = ${userId}`);
  for (const table of ["account_events", "window_samples", "usage_windows", "account_credits"]) {
    await tx.execute(sql`
      delete from ${sql.identifier(table)} where account_id in (select id from chatgpt_accounts where user_id = ${userId})`);
  }
}
