import { afterAll, beforeAll, expect, test } from "vitest";
import { readKeyFigures } from "@/lib/keys/read-key-figures";
import { rollUpUsage } from "@/lib/requests/roll-up-usage";
import { systemClock } from "@/lib/time/clock";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest } from "@/tests/factories/request";

const DAY_MS = 86_400_000;

let db: TestDatabase;
let ada: TestCustomer;
let bob: TestCustomer;
beforeAll(async () => {
  db = await testDatabase();
  [ada, bob] = [await testCustomer(db.orm, { creditUsd: "10" }), await testCustomer(db.orm, { creditUsd: "10" })];
  const trade = { customer: ada, providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id };
  for (const [daysAgo, outcome] of [
    [0, "completed"],
    [0.5, "failed"],
    [29, "refused"],
    [29.99, "completed"],
    [30.01, "completed"],
    [31, "failed"],
  ] as const) {
    const startedAt = new Date(Date.now() - daysAgo * DAY_MS - 1_000);
    await chargeTestRequest(db, { ...trade, amount: 10_000n, cost: 700n, startedAt, row: { outcome } });
  }
  await chargeTestRequest(db, { ...trade, customer: bob, amount: 10_000n, cost: 5n });
});
afterAll(() => db.close());

const figures = (viewer = ada) => readKeyFigures(db.sql, viewer.viewer, { keyId: ada.keyId, userId: viewer.userId, clock: systemClock });

test("a key's figures are those of thirty days, before they are summed up and after", async () => {
  const meant = { requests: 4, failed: 2, inputTokens: 480, cachedInputTokens: 80, outputTokens: 200, spentUsd: "0.002800" };
  expect(await figures()).toEqual(meant);
  await rollUpUsage(db.sql, { now: new Date() });
  expect(await figures()).toEqual(meant);
  await db.sql`update requests set fresh_input_tokens = 0, cached_input_tokens = 0 where user_id = ${ada.userId}`;
  await rollUpUsage(db.sql, { now: new Date() });
  expect(await figures()).toEqual({ ...meant, inputTokens: 0, cachedInputTokens: 0 });
});

test("of somebody else's key there are none", async () => {
  expect(await figures(bob)).toMatchObject({ requests: 0, spentUsd: "0.000000" });
});
