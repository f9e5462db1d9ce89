import type { Sql } from "postgres";

/** Rows of one statement: whoever is served meanwhile hardly notices. */
const BATCH_ROWS = 2_000;
/** How often `background` looks for whom to erase. */
export const ERASED_EVERY_HOURS = 1;
/** Longer than any request that was running. */
export const ERASED_FOR_DAYS = 7;

/**
 * Makes the request log of deleted users anonymous: what was used and what it cost stays, from where, in which thread and project,
 * over which lanes by their names, and with which words of an error does not. Mails to them, and addresses in the audit log, that were
 * written while they were being deleted go too. It is done again for a week, since requests that ran at the
 * deletion write their rows later, and then whenever a row comes that is later still: a settlement that was parked or waited on a disk.
 * Returns how many rows were changed. Doing it again changes nothing.
 */
export async function eraseTraces(sql: Sql, { now }: { now: Date }): Promise<number> {
  const since = new Date(now.getTime() - ERASED_FOR_DAYS * 86_400_000);
  const deleted = await sql<{ id: string; isOver: boolean }[]>`
    select id, deleted_at <= ${since.toISOString()} as "isOver" from users where status = 'deleted' and traces_erased_at is null`;
  let erased = 0;
  for (const { id, isOver } of deleted) {
    erased += await eraseAll(sql, id);
    if (!isOver) continue;
    await sql`update users set traces_erased_at = ${now.toISOString()} where id = ${id}`;
    // Once more: a row takes it back that is written from here on, and not one that was written just before.
    erased += await eraseAll(sql, id);
  }
  // The farewell went to the address that nobody here shall know any more.
  const farewells = await sql`
    delete from outbox where kind = 'account_deleted'
      and (sent_at is not null or given_up_at is not null or created_at < ${since.toISOString()})`;
  return erased + farewells.count;
}

async function eraseAll(sql: Sql, userId: string): Promise<number> {
  let erased = await eraseLate(sql, userId);
  // Attempts first: their requests say whose they are.
  erased += await inBatches(() => eraseAttempts(sql, userId));
  erased += await inBatches(() => eraseRequests(sql, userId));
  erased += await inBatches(() => eraseHolds(sql, userId));
  return erased + (await dropProjectSums(sql, userId));
}

/** Written by what does not wait for a deletion: a process that works for the user, an action that changes nothing but notes it. */
async function eraseLate(sql: Sql, userId: string): Promise<number> {
  const mails = await sql`delete from outbox where user_id = ${userId}`;
  const addresses = await sql`update audit_log set address = null where actor = ${userId} and address is not null`;
  return mails.count + addresses.count;
}

async function inBatches(change: () => Promise<number>): Promise<number> {
  for (let total = 0; ;) {
    const changed = await change();
    total += changed;
    if (changed < BATCH_ROWS) return total;
  }
}

async function eraseRequests(sql: Sql, userId: string): Promise<number> {
  const changed = await sql`
    update requests set client_address = null, thread_id = null, thread_source = null, turn_id = null, project_id = null, subagent = null,
      error_text = null, usage_raw = null, decisions = '[]', edits = '[]'
    where (id, started_at) in (
      select id, started_at from requests
      where user_id = ${userId} and (client_address is not null or thread_id is not null or thread_source is not null or turn_id is not null
        or project_id is not null or subagent is not null or error_text is not null or usage_raw is not null or decisions <> '[]'
        or edits <> '[]')
      limit ${BATCH_ROWS})`;
  return changed.count;
}

async function eraseAttempts(sql: Sql, userId: string): Promise<number> {
  const changed = await sql`
    update attempts set upstream_request_id = null
    where (request_id, attempt_no, started_at) in (
      select a.request_id, a.attempt_no, a.started_at
      from requests r join attempts a on a.request_id = r.id and a.started_at = r.started_at
      where r.user_id = ${userId} and a.upstream_request_id is not null
      limit ${BATCH_ROWS})`;
  return changed.count;
}

/**
 * The hashes of projects. The sums of everything stay; what the log still holds is summed up anew by itself, since changing the log
 * marks it.
 */
async function dropProjectSums(sql: Sql, userId: string): Promise<number> {
  const dropped = await sql`delete from usage_quarters where user_id = ${userId} and dimension = 'project' and value <> ''`;
  return dropped.count;
}

/** The log row as it was known when the hold was placed; one that is placed still may need it. */
async function eraseHolds(sql: Sql, userId: string): Promise<number> {
  const changed = await sql`
    update holds set context = '{}'
    where id in (
      select h.id from transfers t join holds h on h.id = t.hold_id
      where t.user_id = ${userId} and t.kind = 'hold' and h.state <> 'placed' and h.context <> '{}'
      limit ${BATCH_ROWS})`;
  return changed.count;
}
