import { eq } from "drizzle-orm";
import { afterAll, beforeEach, beforeAll, expect, test } from "vitest";
import { outbox } from "@/db/schema/operations";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { renderMail } from "@/lib/mail/render-mail";
import { parseUsd } from "@/lib/money/micro-usd";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { addBalanceAlert, ALERTS_MAX, listBalanceAlerts, removeBalanceAlert, watchBalances } from "@/lib/wallet/balance-alerts";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold } from "@/tests/factories/request";

let db: TestDatabase;
let ada: TestCustomer;
let trade: { providerId: string; priceId: string };

beforeAll(async () => {
  db = await testDatabase();
  trade = { providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id };
});
beforeEach(async () => {
  ada = await testCustomer(db.orm, { creditUsd: "10" });
  await db.orm
    .update(users)
    .set({ email: `${ada.username}@example.com` })
    .where(eq(users.id, ada.userId));
});
afterAll(() => db.close());

const add = (usd: string) =>
  withTransaction(db.orm, (tx) => addBalanceAlert(tx, { userId: ada.userId, threshold: parseUsd(usd), now: new Date() }));
const give = (usd: string) =>
  withTransaction(db.orm, (tx) => adjustWallet(tx, { userId: ada.userId, amount: parseUsd(usd), note: "for the test", actor: OPERATOR }));
const spend = (usd: string) => chargeTestRequest(db, { ...trade, customer: ada, amount: parseUsd(usd), cost: parseUsd(usd) });

async function mails(): Promise<unknown[]> {
  const rows = await db.orm
    .select()
    .from(outbox)
    .where(eq(outbox.recipient, `${ada.username}@example.com`))
    .orderBy(outbox.createdAt);
  return rows.filter(({ kind }) => kind === "balance_low").map(({ payload }) => payload);
}

test("a crossing mails once, and again only after the balance was above", async () => {
  await add("5");
  await watchBalances(db.sql);
  await spend("5");
  await watchBalances(db.sql);
  expect(await mails()).toEqual([]);
  await spend("0.000001");
  await watchBalances(db.sql);
  await spend("1");
  await watchBalances(db.sql);
  expect(await mails()).toEqual([{ thresholdUsd: "5.000000", balanceUsd: "4.999999" }]);
  await give("2");
  await watchBalances(db.sql);
  await spend("2");
  await watchBalances(db.sql);
  expect(await mails()).toHaveLength(2);
});

test("over several thresholds at once it is one mail, of the lowest", async () => {
  for (const usd of ["8", "5", "2"]) await add(usd);
  await spend("6");
  expect(await watchBalances(db.sql)).toBe(1);
  expect(await mails()).toEqual([{ thresholdUsd: "5.000000", balanceUsd: "4.000000" }]);
  const fired = (await listBalanceAlerts(db.orm, ada.viewer, { userId: ada.userId })).map(({ thresholdUsd, firedAt }) => [
    thresholdUsd,
    firedAt !== null,
  ]);
  expect(fired).toEqual([
    ["2.000000", false],
    ["5.000000", true],
    ["8.000000", true],
  ]);
});

test("what running requests hold is no crossing", async () => {
  await add("5");
  await placeTestHold(db, { ...trade, customer: ada, amount: parseUsd("9") });
  await watchBalances(db.sql);
  expect(await mails()).toEqual([]);
});

test("a threshold that the balance is below already waits until it was above", async () => {
  await add("20");
  await watchBalances(db.sql);
  expect(await mails()).toEqual([]);
  await give("15");
  await watchBalances(db.sql);
  await spend("6");
  await watchBalances(db.sql);
  expect(await mails()).toHaveLength(1);
});

test("a removed one says nothing; the same twice, too many and zero are refused by name", async () => {
  await add("5");
  await expect(add("5")).rejects.toMatchObject({ code: "conflict", param: "threshold" });
  await expect(add("0")).rejects.toMatchObject({ param: "threshold" });
  await withTransaction(db.orm, (tx) => removeBalanceAlert(tx, { userId: ada.userId, threshold: parseUsd("5") }));
  await spend("6");
  await watchBalances(db.sql);
  expect(await mails()).toEqual([]);
  for (let usd = 1; usd <= ALERTS_MAX; usd++) await add(String(usd));
  await expect(add("100")).rejects.toMatchObject({ code: "conflict" });
});

test("two who look at the same moment mail once", async () => {
  await add("5");
  await spend("6");
  const other = db.connect();
  const counts = await Promise.all([watchBalances(db.sql), watchBalances(other.sql)]);
  expect(counts.toSorted((one, two) => one - two)).toEqual([0, 1]);
  expect(await mails()).toHaveLength(1);
});

test("the mail names both amounts and leads to the wallet", () => {
  const site = {
    brandName: "Yard",
    publicUrl: "https://yard.example",
    disconnectToken: () => "",
    linkSecret: () => "",
    supportEmail: null,
  };
  const mail = renderMail({ kind: "balance_low", payload: { thresholdUsd: "5.000000", balanceUsd: "4.250000" } }, site);
  expect(mail?.subject).toBe("Your balance at Yard is below $5.00");
  expect(mail?.text).toContain("$4.25");
  expect(mail?.text).toContain("https://yard.example/dashboard/wallet");
});
