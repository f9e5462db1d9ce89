import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { parseUsd } from "@/lib/money/micro-usd";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { readWallet } from "@/lib/wallet/read";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

function adjust(customer: TestCustomer, amount: string, options: { note?: string; idempotencyKey?: string } = {}) {
  return withTransaction(database.orm, (tx) =>
    adjustWallet(tx, { userId: customer.userId, amount: parseUsd(amount), note: "a test", actor: OPERATOR, ...options }),
  );
}

async function available(customer: TestCustomer): Promise<string> {
  return (await readWallet(database.orm, customer.viewer, { userId: customer.userId })).availableUsd;
}

test("an adjustment gives and takes to the micro-dollar", async () => {
  const customer = await testCustomer(database.orm);
  await adjust(customer, "5.000001");
  await adjust(customer, "-0.000002");
  expect(await available(customer)).toBe("4.999999");
});

test("never more than is available is taken, and nothing is written when it is refused", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "3" });
  await expect(adjust(customer, "-3.000001")).rejects.toMatchObject({
    code: "conflict",
    message: "Only $3.00 is available: $3.000001 cannot be taken.",
  });
  await adjust(customer, "-3");
  expect(await available(customer)).toBe("0.000000");
});

test("an idempotency key is applied once, even by ten callers at once", async () => {
  const customer = await testCustomer(database.orm);
  const results = await Promise.all(Array.from({ length: 10 }, () => adjust(customer, "7", { idempotencyKey: "order 1" })));
  expect(results.filter((result) => result.applied)).toHaveLength(1);
  expect(new Set(results.map((result) => result.transferId)).size).toBe(1);
  expect(await available(customer)).toBe("7.000000");
});

test("an idempotency key cannot be used for another amount, and belongs to one user", async () => {
  const [one, two] = [await testCustomer(database.orm), await testCustomer(database.orm)];
  await adjust(one, "7", { idempotencyKey: "order 2" });
  await expect(adjust(one, "8", { idempotencyKey: "order 2" })).rejects.toMatchObject({ code: "conflict" });
  expect((await adjust(two, "8", { idempotencyKey: "order 2" })).applied).toBe(true);
});

test("fifty callers who each take a dollar from ten get ten dollars", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "10" });
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => adjust(customer, "-1")));
  expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(10);
  expect(await available(customer)).toBe("0.000000");
});

test("an adjustment needs a note and an amount, and a user", async () => {
  const customer = await testCustomer(database.orm);
  await expect(adjust(customer, "1", { note: " " })).rejects.toMatchObject({ param: "note" });
  await expect(adjust(customer, "0")).rejects.toMatchObject({ param: "amount" });
  await expect(adjust({ ...customer, userId: "usr_nobody" }, "1")).rejects.toMatchObject({ code: "not_found" });
});

test("after all of this the books are right", async () => {
  expect(await verifyLedger(database.sql)).toMatchObject({ ok: true, warnings: [] });
});
