import { afterAll, beforeAll, expect, test } from "vitest";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

let database: TestDatabase;
let customer: TestCustomer;
beforeAll(async () => {
  database = await testDatabase();
  customer = await testCustomer(database.orm, { creditUsd: "1" });
});
afterAll(() => database.close());

test("an entry without its transfer is refused", async () => {
  await expect(
    database.sql`insert into ledger_entries (transfer_id, account_id, amount) values ('tr_nowhere', 'revenue', 1), ('tr_nowhere', 'adjustments', -1)`,
  ).rejects.toThrow(/needs its transfer/);
});

test("an entry on an account that does not exist is refused", async () => {
  const stray = database.sql.begin(async (tx) => {
    await tx`insert into transfers (id, kind, user_id, note, actor) values ('tr_stray', 'adjustment', ${customer.userId}, 'x', 'test')`;
    await tx`insert into ledger_entries (transfer_id, account_id, amount) values ('tr_stray', 'nobody', 1), ('tr_stray', 'adjustments', -1)`;
  });
  await expect(stray).rejects.toThrow(/needs its account/);
});

test.each(["update ledger_accounts set id = 'x' where id = 'revenue'", "delete from ledger_accounts", "truncate ledger_accounts"])(
  "no entry can lose its account: %s",
  async (statement) => {
    await expect(database.sql.unsafe(statement)).rejects.toThrow(/append-only/);
  },
);
