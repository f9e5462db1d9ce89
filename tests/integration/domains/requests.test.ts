import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { findRequest, listRequests } from "@/lib/requests/read";
import { findRequestDetail } from "@/lib/requests/read-detail";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { OPERATOR_VIEWER, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, testRequestRow } from "@/tests/factories/request";

let database: TestDatabase;
let customer: TestCustomer;
let other: TestCustomer;
let trade: { providerId: string; priceId: string };
beforeAll(async () => {
  database = await testDatabase();
  [customer, other] = [await testCustomer(database.orm, { creditUsd: "10" }), await testCustomer(database.orm, { creditUsd: "10" })];
  trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
});
afterAll(() => database.close());

test("a request is shown with its lane, tokens, cost, labels, decisions and attempts", async () => {
  const decisions = [
    { laneId: customer.walletLaneId, laneKind: "wallet", label: "Wallet", decision: "answered", reason: null, evidence: null },
  ];
  const row = { decisions, edits: ["store: false"], request_kind: "turn", turn_id: "turn-1", cost_on_wallet: 250_000 };
  const { requestId, startedAt } = await chargeTestRequest(database, { ...trade, customer, amount: 900_000n, cost: 250_000n, row });
  await database.sql`
    insert into attempts (request_id, attempt_no, started_at, lane_id, lane_kind, outcome, upstream_status, offset_ms, duration_ms,
      fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, provider_cost)
    values (${requestId}, 1, ${startedAt}, ${customer.walletLaneId}, 'wallet', 'answered', 200, 3, 1100, 100, 20, 0, 50, 10, 250000, 250000)`;
  const view = await findRequest(database.orm, customer.viewer, { requestId });
  expect(view).toMatchObject({
    id: requestId,
    startedAt: startedAt.toISOString(),
    durationMs: 1200,
    lane: { id: customer.walletLaneId, kind: "wallet", label: "Wallet" },
    outcome: "completed",
    tokens: { freshInput: 100, cachedInput: 20, cacheWrite: 0, output: 50, reasoning: 10 },
    estimated: false,
    costUsd: "0.250000",
    costOnWalletUsd: "0.250000",
    labels: { requestKind: "turn", turnId: "turn-1", threadId: null },
    decisions,
    edits: ["store: false"],
    attempts: [{ attemptNo: 1, outcome: "answered", upstreamStatus: 200, costUsd: "0.250000", lane: { label: "Wallet" } }],
  });
  await expect(findRequest(database.orm, other.viewer, { requestId })).rejects.toMatchObject({ code: "not_found" });
});

test("a request's page adds its cost up to what was charged, and tells what went through the wallet", async () => {
  const cost = (100n * 5_000_000n + 20n * 500_000n + 50n * 30_000_000n) / 1_000_000n;
  const { requestId } = await chargeTestRequest(database, { ...trade, customer, amount: 900_000n, cost });
  const detail = await findRequestDetail(database.orm, customer.viewer, { requestId });
  expect(detail).toMatchObject({ keyName: "First key", hold: { amountUsd: "0.900000", state: "settled" }, costUsd: "0.002010" });
  expect(detail.bill?.computedUsd).toBe(detail.costUsd);
  expect(detail.bill?.lines.map(({ what, usd }) => [what, usd])).toEqual([
    ["fresh input", "0.000500"],
    ["cached input", "0.000010"],
    ["output", "0.001500"],
  ]);
  expect(detail.transfers.map(({ kind, availableUsd }) => [kind, availableUsd])).toEqual([
    ["hold", "-0.900000"],
    ["settle", "0.897990"],
  ]);
  await expect(findRequestDetail(database.orm, other.viewer, { requestId })).rejects.toMatchObject({ code: "not_found" });
});

test("pages follow each other without a gap or a double, also among requests of one millisecond", async () => {
  const lister = await testCustomer(database.orm);
  const startedAt = new Date();
  const ids = Array.from({ length: 7 }, () => newId("req"));
  await settleRequests(
    database.sql,
    ids.map((requestId) => ({
      requestId,
      keyId: lister.keyId,
      userId: lister.userId,
      processId: "proc_test",
      holds: [],
      request: testRequestRow(lister, { id: requestId, startedAt }),
      attempts: [],
    })),
  );
  const seen: string[] = [];
  const page = async (before: string | null) => {
    const { rows, nextCursor } = await listRequests(database.orm, lister.viewer, { userId: lister.userId, limit: 3, before });
    seen.push(...rows.map((row) => row.id));
    return nextCursor;
  };
  const second = await page(null);
  const third = await page(second);
  expect(await page(third)).toBeNull();
  expect(seen).toEqual(ids.toSorted().toReversed());
});

test("a customer lists their own requests only; an admin lists anybody's and everybody's", async () => {
  await chargeTestRequest(database, { ...trade, customer: other, amount: 10n, cost: 1n });
  const ask = (viewer: TestCustomer["viewer"], userId: string | null) => listRequests(database.orm, viewer, { userId, limit: 100 });
  await expect(ask(customer.viewer, other.userId)).rejects.toMatchObject({ code: "not_found" });
  await expect(ask(customer.viewer, null)).rejects.toMatchObject({ code: "not_found" });
  const mine = await ask(customer.viewer, customer.userId);
  expect(new Set(mine.rows.map((row) => row.userId))).toEqual(new Set([customer.userId]));
  const all = await ask(OPERATOR_VIEWER, null);
  expect(new Set(all.rows.map((row) => row.userId)).size).toBeGreaterThanOrEqual(2);
});

const FEBRUARY_30 = Buffer.from("2026-02-30T00:00:00.000Z req_1").toString("base64url");

test.each([{ limit: 0 }, { limit: 501 }, { limit: 1.5 }, { limit: 5, before: "nonsense" }, { limit: 5, before: FEBRUARY_30 }])(
  "%j is no page",
  async (query) => {
    await expect(listRequests(database.orm, customer.viewer, { userId: customer.userId, ...query })).rejects.toMatchObject({
      code: "request_invalid",
    });
  },
);
