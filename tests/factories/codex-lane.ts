import type { Database } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { newId } from "@/lib/ids/ids";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";

export type TestCodexLane = { laneId: string; accountId: string; label: string };

/** A signed-in ChatGPT account behind the customer's other Codex lanes, driven for an hour by whoever is at that address. */
export async function addCodexLane(
  database: Database,
  customer: Pick<TestCustomer, "userId">,
  input: { label: string; address: string },
): Promise<TestCodexLane> {
  const { label, address } = input;
  const { accountId, laneId } = await withTransaction(database.orm, (tx) =>
    connectAccount(tx, { userId: customer.userId, label, textVersion: CONSENT.version, address: null, actor: OPERATOR }),
  );
  const { sql } = database;
  await sql`
    update chatgpt_accounts set state = 'signed_in', identity_hash = ${`identity of ${accountId}`}, signed_in_at = now() where id = ${accountId}`;
  await sql`update lanes set state = 'ready', state_reason = null where id = ${laneId}`;
  await leaseTo(database, accountId, address);
  return { laneId, accountId, label };
}

/** The account is driven from that address now, by a runner of its own; its home is there. */
export async function leaseTo({ sql }: Database, accountId: string, address: string): Promise<void> {
  const runnerId = newId("run");
  await sql`
    insert into runners (id, host, address, driver, isolation, heartbeat_at)
    values (${runnerId}, ${runnerId}, ${address}, 'process', '{}', now() + interval '1 hour')`;
  await giveUpLease({ sql }, accountId);
  // A home never moves: this one is gone, and another one comes about.
  await sql`update chatgpt_accounts set container_state = 'none' where id = ${accountId}`;
  await sql`
    update chatgpt_accounts set lease_runner_id = ${runnerId}, lease_expires_at = now() + interval '1 hour', fence = fence + 1,
      host = ${runnerId}, container_state = 'stopped'
    where id = ${accountId}`;
}

/** Nobody drives the account, and nobody else can. */
export async function giveUpLease({ sql }: Pick<Database, "sql">, accountId: string): Promise<void> {
  await sql`
    update runners set ended_at = now() where id = (select lease_runner_id from chatgpt_accounts where id = ${accountId})`;
  await sql`update chatgpt_accounts set lease_runner_id = null, lease_expires_at = null where id = ${accountId}`;
}
