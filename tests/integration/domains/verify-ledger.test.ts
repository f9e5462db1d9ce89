import type { TransactionSql } from "postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold, testRequestRow } from "@/tests/factories/request";

let database: TestDatabase;
let providerId: string;
let priceId: string;
/** Of the customer that each test makes: a placed hold, a charged request that cost the provider more, and an expired hold. */
let customer: TestCustomer;
let placed: { holdId: string; requestId: string };
let charged: { holdId: string; requestId: string };
let expired: { holdId: string; requestId: string };

beforeAll(async () => {
  database = await testDatabase();
  providerId = await testProvider(database.orm);
  priceId = (await testPrice(database.orm, "gpt-5.5")).id;
});
afterAll(() => database.close());

beforeEach(async () => {
  customer = await testCustomer(database.orm, { creditUsd: "10" });
  const trade = { customer, providerId, priceId };
  charged = await chargeTestRequest(database, { ...trade, amount: 900_000n, cost: 250_000n, providerCost: 260_000n });
  expired = await placeTestHold(database, { ...trade, amount: 400_000n, processId: "proc_dead" });
  await database.sql`update holds set placed_at = placed_at - interval '1 hour', progress = 'content', progress_output_tokens = 7 where id = ${expired.holdId}`;
  await database.sql`select expire_dead_holds(60, 100)`;
  placed = await placeTestHold(database, { ...trade, amount: 300_000n });
});

/** Every check that has failed so far. */
const found = new Set<string>();

/** Works on the database as somebody would who has switched its guards off. Rolled back after the check. */
async function failedChecks(plant: (tx: TransactionSql) => Promise<unknown>): Promise<string[]> {
  const rolledBack = new Error("rolled back");
  let failed: string[] = [];
  await database.sql
    .begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await plant(tx);
      const report = await verifyLedger(onTransaction(tx));
      failed = report.checks.filter((check) => !check.ok).map((check) => check.name);
      for (const name of failed) found.add(name);
      if (report.ok !== (failed.length === 0)) throw new Error("the report contradicts its checks");
      throw rolledBack;
    })
    .catch((error: unknown) => {
      if (error !== rolledBack) throw error;
    });
  return failed;
}

/** Lets the verification look at uncommitted work: its own transaction becomes the one that is open. */
function onTransaction(tx: TransactionSql) {
  return { begin: (_options: string, run: (inner: TransactionSql) => Promise<unknown>) => run(tx) } as unknown as TestDatabase["sql"];
}

test("books that were kept by the rules have no difference", async () => {
  expect(await failedChecks(async () => {})).toEqual([]);
  expect(await verifyLedger(database.sql)).toMatchObject({ ok: true, warnings: [] });
});

test("a changed entry is found", async () => {
  const failed = await failedChecks(
    (tx) => tx`update ledger_entries set amount = amount + 1 where account_id = ${`available:${customer.userId}`}`,
  );
  expect(failed).toEqual(
    expect.arrayContaining(["the entries of every transfer sum to zero", "what is available is the sum of its entries"]),
  );
});

test("an entry that was taken away is found", async () => {
  const failed = await failedChecks((tx) => tx`delete from ledger_entries where account_id = 'adjustments'`);
  expect(failed).toEqual(expect.arrayContaining(["every transfer has at least two entries", "the entries of every transfer sum to zero"]));
});

test("an entry without its transfer or its account is found", async () => {
  expect(await failedChecks((tx) => tx`delete from transfers where id = ${`tr_${placed.holdId}_hold`}`)).toContain(
    "every entry belongs to a transfer and an account",
  );
  expect(await failedChecks((tx) => tx`delete from ledger_accounts where id = 'revenue'`)).toContain(
    "every entry belongs to a transfer and an account",
  );
});

test("money that moved from one customer's transfer into another customer's account is found", async () => {
  const thief = await testCustomer(database.orm);
  const failed = await failedChecks(
    (tx) =>
      tx`update ledger_entries set account_id = ${`available:${thief.userId}`} where account_id = ${`available:${customer.userId}`} and transfer_id like '%_settle'`,
  );
  expect(failed).toContain("a transfer touches the accounts of its own user only");
});

test("a user without a wallet is found", async () => {
  expect(await failedChecks((tx) => tx`delete from wallets where user_id = ${customer.userId}`)).toContain(
    "every user has one wallet and its two accounts",
  );
});

test.each(["available", "held"] as const)("a balance that was set by hand is found: %s", async (column) => {
  const failed = await failedChecks((tx) => tx`update wallets set ${tx(column)} = ${tx(column)} + 1 where user_id = ${customer.userId}`);
  expect(failed).toContain(`what is ${column} is the sum of its entries`);
});

test("a wallet below its bound is found", async () => {
  const failed = await failedChecks(async (tx) => {
    await tx`alter table wallets drop constraint wallets_available_bounded`;
    await tx`update wallets set available = -1 where user_id = ${customer.userId}`;
  });
  expect(failed).toContain("no wallet is outside of its bounds");
});

test("a hold that has no entries, or that was ended on the quiet, is found", async () => {
  const ended = await failedChecks((tx) => tx`update holds set state = 'voided', cost = 0 where id = ${placed.holdId}`);
  expect(ended).toEqual(
    expect.arrayContaining([
      "what is held is the sum of the placed holds",
      "every ended hold was ended by exactly one transfer of its kind, and no placed one was",
      "a placed hold has moved its amount, an ended one has given it back",
      "what is reserved on a key is the sum of its placed holds",
    ]),
  );
  expect(await failedChecks((tx) => tx`update transfers set hold_id = null where id = ${`tr_${placed.holdId}_hold`}`)).toEqual(
    expect.arrayContaining(["every hold was placed by exactly one transfer", "a transfer about a hold names the hold's user and request"]),
  );
});

test("an end of another kind than the hold's state is found", async () => {
  const failed = await failedChecks((tx) => tx`update transfers set kind = 'void' where id = ${`tr_${charged.holdId}_settle`}`);
  expect(failed).toEqual(["every ended hold was ended by exactly one transfer of its kind, and no placed one was"]);
});

test("late usage on a hold that did not expire is found", async () => {
  const failed = await failedChecks(async (tx) => {
    const id = newId("tr");
    await tx`insert into transfers (id, kind, user_id, hold_id, request_id, actor)
      values (${id}, 'late_usage', ${customer.userId}, ${charged.holdId}, ${charged.requestId}, 'test')`;
    await tx`insert into ledger_entries (transfer_id, account_id, amount) values (${id}, ${`available:${customer.userId}`}, -1), (${id}, 'revenue', 1)`;
  });
  expect(failed).toContain("late usage is booked only on expired holds, once");
});

test("a cost that is not what went to revenue is found, on settled and on expired holds", async () => {
  for (const { holdId } of [charged, expired]) {
    const failed = await failedChecks((tx) => tx`update holds set cost = cost + 1 where id = ${holdId}`);
    expect(failed).toEqual(
      expect.arrayContaining([
        "the cost of every ended hold is what went to revenue",
        "what a hold took from its wallet is its amount while placed and its cost once ended",
        "the log charges every request what its holds cost",
      ]),
    );
  }
});

test("a cost above the hold is found", async () => {
  const failed = await failedChecks(async (tx) => {
    await tx`alter table holds drop constraint holds_cost_bounded`;
    await tx`update holds set cost = amount + 1 where id = ${charged.holdId}`;
  });
  expect(failed).toContain("no hold cost more than it held");
});

test("a provider's cost that nobody bears, or a loss that was hidden, is found", async () => {
  const transferId = `tr_${charged.holdId}_settle`;
  expect(
    await failedChecks(
      (tx) => tx`update ledger_entries set amount = amount + 5 where transfer_id = ${transferId} and account_id = 'provider_payable'`,
    ),
  ).toContain("what is owed to the provider is its cost and the operator's loss");
  const hidden = await failedChecks(async (tx) => {
    await tx`update ledger_entries set amount = amount - 10000 where transfer_id = ${transferId} and account_id = 'provider_cost'`;
    await tx`delete from ledger_entries where transfer_id = ${transferId} and account_id = 'operator_loss'`;
  });
  expect(hidden).toEqual(["the operator's loss is what the provider costs beyond the customer's payment"]);
});

test("an adjustment that books revenue is found", async () => {
  const failed = await failedChecks((tx) => tx`update ledger_entries set account_id = 'revenue' where account_id = 'adjustments'`);
  expect(failed).toContain("an adjustment moves money between its user and the operator's adjustments");
});

test("a logged request that charged something else than its hold, or charged without one, is found", async () => {
  expect(await failedChecks((tx) => tx`update requests set cost = cost - 1 where id = ${charged.requestId}`)).toEqual([
    "the log charges every request what its holds cost",
  ]);
  const failed = await failedChecks(async (tx) => {
    const row = { ...testRequestRow(customer, { id: newId("req"), startedAt: new Date() }), cost: 5, hold_id: "hold_nowhere" };
    await tx`insert into requests select (jsonb_populate_record(null::requests, ${JSON.stringify(row)}::text::jsonb)).*`;
  });
  expect(failed).toEqual(["the log charges every request what its holds cost", "the log names only holds that exist, of the same user"]);
});

test("a reservation that no hold explains is found", async () => {
  const failed = await failedChecks((tx) => tx`update api_key_usage set reserved = reserved + 1 where key_id = ${customer.keyId}`);
  expect(failed).toEqual(["what is reserved on a key is the sum of its placed holds"]);
});

test("a hold on another user's key, or without provider or price, is found", async () => {
  const other = await testCustomer(database.orm);
  for (const change of [{ key_id: other.keyId }, { provider_id: "prov_none" }, { price_id: "price_none" }]) {
    const failed = await failedChecks((tx) => tx`update holds set ${tx(change)} where id = ${charged.holdId}`);
    expect(failed).toContain("every hold names its own user's key, and a provider and a price that exist");
  }
});

test("no check is blind: each has found a planted fault in one of the tests above", async () => {
  const report = await verifyLedger(database.sql);
  expect(report.checks.map((check) => check.name).filter((name) => !found.has(name))).toEqual([]);
});

test("a hold whose process is long dead, and a refused settlement, are warnings and not differences", async () => {
  await database.sql`update holds set placed_at = placed_at - interval '1 hour' where id = ${placed.holdId}`;
  await database.sql`insert into parked_settlements (request_id, payload, error) values (${placed.requestId}, '{}', 'no')`;
  expect(await verifyLedger(database.sql)).toMatchObject({
    ok: true,
    warnings: [
      { name: "placed holds of a process that died long ago", count: 1, subjects: [placed.holdId] },
      { name: "settlements that the database refused and nobody has resolved", count: 1, subjects: [placed.requestId] },
    ],
  });
});
