import { afterAll, beforeAll, expect, test } from "vitest";
import { chargeTestRequest } from "@/tests/factories/request";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";

// Each of these would be money or privacy lost; the database refuses it whatever the code above does.

let database: TestDatabase;
let customer: TestCustomer;
let other: TestCustomer;
let providerId: string;
let priceId: string;
beforeAll(async () => {
  database = await testDatabase();
  customer = await testCustomer(database.orm, { creditUsd: "10" });
  other = await testCustomer(database.orm);
  providerId = await testProvider(database.orm);
  priceId = (await testPrice(database.orm, "gpt-5.5")).id;
});
afterAll(() => database.close());

test("a key cannot be given a lane of another owner", async () => {
  const { keyId, userId } = customer;
  const insert = (ownerId: string) =>
    database.sql`insert into api_key_lanes (key_id, lane_id, user_id) values (${keyId}, ${other.walletLaneId}, ${ownerId})`;
  await expect(insert(userId)).rejects.toThrow(/api_key_lanes_lane_owner/);
  await expect(insert(other.userId)).rejects.toThrow(/api_key_lanes_key_owner/);
});

test("an upstream's stored answer cannot be put on a lane of another owner", async () => {
  const { keyId, userId } = customer;
  await expect(
    database.sql`insert into stored_responses (upstream_id, lane_id, user_id, key_id) values ('resp_1', ${other.walletLaneId}, ${userId}, ${keyId})`,
  ).rejects.toThrow(/stored_responses_lane_owner/);
});

test("a hold cannot name the key of another user", async () => {
  const hold = database.sql`
    insert into holds (id, request_id, attempt_no, user_id, key_id, lane_id, provider_id, price_id, amount, input_amount, process_id, context)
    values ('hold_1', 'req_1', 1, ${customer.userId}, ${other.keyId}, ${customer.walletLaneId}, ${providerId}, ${priceId}, 1, 0, 'proc_1', '{}')`;
  await expect(hold).rejects.toThrow(/holds_key_owner/);
});

test("only one provider can be selected, and only one that has passed its probe", async () => {
  const { sql } = database;
  const second = await testProvider(database.orm);
  await sql`update providers set selected = true where id = ${providerId}`;
  await expect(sql`update providers set selected = true where id = ${second}`).rejects.toThrow(/providers_one_selected/);
  const unprobed = await testProvider(database.orm, { probed: false });
  await sql`update providers set selected = false`;
  await expect(sql`update providers set selected = true where id = ${unprobed}`).rejects.toThrow(/providers_selected_is_probed/);
});

test("a transfer whose entries do not sum to zero is refused", async () => {
  const unbalanced = database.sql.begin(async (tx) => {
    await tx`insert into transfers (id, kind, user_id, note, actor) values ('tr_unbalanced', 'adjustment', ${customer.userId}, 'x', 'test')`;
    await tx`insert into ledger_entries (transfer_id, account_id, amount)
      values ('tr_unbalanced', ${`available:${customer.userId}`}, 5), ('tr_unbalanced', 'adjustments', -4)`;
  });
  await expect(unbalanced).rejects.toThrow(/must sum to zero/);
});

test("entries added later cannot unbalance a transfer either", async () => {
  const [transfer] = await database.sql<{ id: string }[]>`select id from transfers where user_id = ${customer.userId} limit 1`;
  await expect(
    database.sql`insert into ledger_entries (transfer_id, account_id, amount) values (${transfer?.id ?? ""}, 'promotions', 1)`,
  ).rejects.toThrow(/must sum to zero/);
});

test("a wallet's balance cannot be set", async () => {
  const { userId } = customer;
  await expect(database.sql`update wallets set available = available + 1 where user_id = ${userId}`).rejects.toThrow(
    /through ledger entries only/,
  );
  await expect(database.sql`delete from wallets where user_id = ${userId}`).rejects.toThrow(/append-only/);
});

test("a wallet cannot go below zero", async () => {
  const overdraft = database.sql.begin(async (tx) => {
    await tx`insert into transfers (id, kind, user_id, note, actor) values ('tr_overdraft', 'adjustment', ${other.userId}, 'x', 'test')`;
    await tx`insert into ledger_entries (transfer_id, account_id, amount)
      values ('tr_overdraft', ${`available:${other.userId}`}, -1), ('tr_overdraft', 'adjustments', 1)`;
  });
  await expect(overdraft).rejects.toThrow(/wallets_available_bounded/);
});

test.each([
  "update transfers set note = 'x'",
  "delete from transfers",
  "truncate transfers cascade",
  "update ledger_entries set amount = 1",
  "delete from ledger_entries",
])("the ledger is append-only: %s", async (statement) => {
  await expect(database.sql.unsafe(statement)).rejects.toThrow(/append-only/);
});

test.each([
  "update audit_log set actor = 'x'",
  "delete from audit_log",
  "update prices set output = 1",
  "delete from prices",
  "update database_stamp set mode = 'simulated'",
])("history and prices stay as written: %s", async (statement) => {
  await expect(database.sql.unsafe(statement)).rejects.toThrow(/append-only/);
});

test("an ended hold cannot end again, and nothing that it names can be changed", async () => {
  const { holdId } = await chargeTestRequest(database, { customer, providerId, priceId, amount: 1000n, cost: 10n });
  const { sql } = database;
  await expect(sql`update holds set state = 'voided' where id = ${holdId}`).rejects.toThrow(/cannot become voided/);
  await expect(sql`update holds set state = 'placed', cost = null where id = ${holdId}`).rejects.toThrow(/cannot become placed/);
  await expect(sql`update holds set amount = 5 where id = ${holdId}`).rejects.toThrow(/is pinned/);
  await expect(sql`delete from holds where id = ${holdId}`).rejects.toThrow(/never deleted/);
  await expect(
    sql`insert into transfers (id, kind, user_id, hold_id, actor) values ('tr_second_end', 'void', ${customer.userId}, ${holdId}, 'test')`,
  ).rejects.toThrow(/transfers_one_end_per_hold/);
});
