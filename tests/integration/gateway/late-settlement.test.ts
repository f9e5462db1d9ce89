import { afterAll, beforeAll, expect, test } from "vitest";
import type { Settlement } from "@/lib/gateway/ports";
import { newId } from "@/lib/ids/ids";
import { microUsd } from "@/lib/money/micro-usd";
import { admitRequests } from "@/lib/wallet/admit-requests";
import { expireDeadHolds } from "@/lib/wallet/heartbeat";
import { retryParkedSettlements } from "@/lib/wallet/retry-parked-settlements";
import { parkSettlement, settleRequests, type OwnedSettlement } from "@/lib/wallet/settle-requests";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { logOf, walletOf } from "@/tests/factories/gateway";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { placeTestHold, testRequestRow } from "@/tests/factories/request";

let database: TestDatabase;
let trade: { providerId: string; priceId: string };
beforeAll(async () => {
  database = await testDatabase();
  trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
});
afterAll(async () => {
  const wrong = (await verifyLedger(database.sql)).checks.filter((check) => !check.ok);
  await database.close();
  if (wrong.length > 0) throw new Error(`the ledger is wrong: ${JSON.stringify(wrong)}`);
});

type Placed = Awaited<ReturnType<typeof placeTestHold>>;

/** The process that placed the hold is taken for dead, at this progress. */
async function expire(placed: Placed, progress: { stage: "accepted" | "content"; outputTokens: number } | null): Promise<void> {
  await database.sql`update holds set placed_at = now() - interval '1 hour', progress = ${progress?.stage ?? null},
    progress_output_tokens = ${progress?.outputTokens ?? 0} where id = ${placed.holdId}`;
  await expireDeadHolds(database.sql, { timeoutS: 60, ageMaxS: 86_400, limit: 10 });
}

function settlementOf(customer: TestCustomer, placed: Placed, part: Partial<Settlement>): OwnedSettlement {
  const { keyId, userId } = customer;
  return { requestId: placed.requestId, keyId, userId, processId: "proc_test", holds: [], request: null, attempts: [], ...part };
}

function end(placed: Placed, cost: bigint, kind: "settle" | "void" = "settle") {
  return { id: placed.holdId, kind, cost: microUsd(cost), providerCost: microUsd(cost), estimated: false };
}

function row(customer: TestCustomer, placed: Placed, cost: bigint) {
  return {
    ...testRequestRow(customer, { id: placed.requestId, startedAt: placed.startedAt }),
    cost,
    hold_id: placed.holdId,
    price_id: trade.priceId,
  };
}

test.each([
  { stage: null, cost: 0n },
  { stage: { stage: "accepted" as const, outputTokens: 0 }, cost: 0n },
  { stage: { stage: "content" as const, outputTokens: 1_000 }, cost: 30_000n },
])("a hold of a dead process at $stage.stage is settled by what its last heartbeat knew", async ({ stage, cost }) => {
  const customer = await testCustomer(database.orm, { creditUsd: "1" });
  const placed = await placeTestHold(database, { customer, ...trade, amount: 500_000n });
  await expire(placed, stage);
  expect(await walletOf(database, customer)).toEqual({ available: 1_000_000n - cost, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "interrupted", cost, usageEstimated: true }]);
});

test.each([
  { what: "more", cost: 80_000n },
  { what: "less", cost: 10_000n },
  { what: "the same", cost: 30_000n },
])("real usage that comes after expiry and is $what replaces the estimate in one transfer, on the log too, once", async ({ cost }) => {
  const customer = await testCustomer(database.orm, { creditUsd: "1" });
  const placed = await placeTestHold(database, { customer, ...trade, amount: 500_000n });
  await expire(placed, { stage: "content", outputTokens: 1_000 });
  const late = settlementOf(customer, placed, { holds: [end(placed, cost)], request: row(customer, placed, cost) });
  await settleRequests(database.sql, [late]);
  await settleRequests(database.sql, [late]);
  expect(await walletOf(database, customer)).toEqual({ available: 1_000_000n - cost, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "completed", cost }]);
  expect(await database.sql`select 1 from transfers where hold_id = ${placed.holdId} and kind = 'late_usage'`).toHaveLength(1);
});

test("late usage takes no more than the wallet has: the rest is the operator's loss, and the log shows what was charged", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "0.5" });
  const placed = await placeTestHold(database, { customer, ...trade, amount: 500_000n });
  await expire(placed, null);
  await placeTestHold(database, { customer, ...trade, amount: 490_000n, processId: "proc_other" });
  await settleRequests(database.sql, [
    settlementOf(customer, placed, { holds: [end(placed, 80_000n)], request: row(customer, placed, 80_000n) }),
  ]);
  expect(await walletOf(database, customer)).toEqual({ available: 0n, held: 490_000n });
  expect((await logOf(database, customer)).find((entry) => entry.id === placed.requestId)).toMatchObject({
    outcome: "completed",
    cost: 10_000n,
  });
});

test("an attempt that was given back after its expiry, in the middle of a request, does not hide how the request ended", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "1" });
  const first = await placeTestHold(database, { customer, ...trade, amount: 300_000n });
  await expire(first, { stage: "content", outputTokens: 1_000 });
  await settleRequests(database.sql, [settlementOf(customer, first, { holds: [end(first, 0n, "void")] })]);
  expect(await walletOf(database, customer)).toEqual({ available: 1_000_000n, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "interrupted", cost: 0n }]);

  const second = { ...first, holdId: newId("hold") };
  const [admitted] = await admitRequests(database.sql, "proc_test", [
    {
      requestId: first.requestId,
      keyId: customer.keyId,
      userId: customer.userId,
      admit: false,
      laneId: customer.walletLaneId,
      model: "gpt-5.5",
      hold: {
        id: second.holdId,
        attemptNo: 2,
        laneId: customer.walletLaneId,
        ...trade,
        amount: microUsd(300_000n),
        inputAmount: microUsd(0n),
        context: row(customer, first, 0n),
      },
    },
  ]);
  expect(admitted?.outcome).toBe("ok");
  await settleRequests(database.sql, [
    settlementOf(customer, first, { holds: [end(second, 70_000n)], request: row(customer, second, 70_000n) }),
  ]);
  expect(await walletOf(database, customer)).toEqual({ available: 930_000n, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "completed", cost: 70_000n }]);
});

test("two settlements of one request that are parked are settled together", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "1" });
  const placed = await placeTestHold(database, { customer, ...trade, amount: 300_000n });
  const cause = new Error("the first cause");
  await parkSettlement(database.sql, settlementOf(customer, placed, { holds: [end(placed, 70_000n)] }), cause);
  await parkSettlement(database.sql, settlementOf(customer, placed, { request: row(customer, placed, 70_000n) }), cause);
  expect(await database.sql`select 1 from admissions where user_id = ${customer.userId}`).toHaveLength(0);
  expect(await retryParkedSettlements(database.sql)).toEqual({ settled: 1, refused: 0 });
  expect(await walletOf(database, customer)).toEqual({ available: 930_000n, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "completed", cost: 70_000n }]);
});

test("a settlement of a hold that never was is refused, and a void of one is nothing", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "1" });
  const placed = { requestId: newId("req"), holdId: newId("hold"), startedAt: new Date() };
  await settleRequests(database.sql, [settlementOf(customer, placed, { holds: [end(placed, 0n, "void")] })]);
  await expect(settleRequests(database.sql, [settlementOf(customer, placed, { holds: [end(placed, 5n)] })])).rejects.toThrow(
    "there is no hold",
  );
});

test("a request refused for its budget reserves nothing on the keys that come after it in the same group", async () => {
  const [poor, other] = [await testCustomer(database.orm, { creditUsd: "1" }), await testCustomer(database.orm, { creditUsd: "1" })];
  await database.sql`update api_keys set budget_day = 1 where id = ${poor.keyId}`;
  const placed = { requestId: newId("req"), holdId: newId("hold"), startedAt: new Date() };
  const hold = {
    id: placed.holdId,
    attemptNo: 1,
    laneId: poor.walletLaneId,
    ...trade,
    amount: microUsd(1_000n),
    inputAmount: microUsd(0n),
    context: row(poor, placed, 0n),
  };
  const known = { admit: true, laneId: poor.walletLaneId, model: "gpt-5.5" };
  const results = await admitRequests(database.sql, "proc_test", [
    { ...known, requestId: placed.requestId, keyId: poor.keyId, userId: poor.userId, hold },
    { ...known, requestId: newId("req"), keyId: other.keyId, userId: other.userId, hold: null },
  ]);
  expect(results.map((result) => result.outcome)).toEqual(["budget_reached", "ok"]);
  expect(await database.sql`select reserved from api_key_usage where key_id = ${other.keyId}`).toEqual([{ reserved: "0" }]);
});
