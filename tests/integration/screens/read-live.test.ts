import { afterAll, beforeAll, expect, test } from "vitest";
import { paceWords } from "@/components/dashboard/pace-words";
import { burnWords } from "@/components/usage/live-words";
import { readLive } from "@/lib/requests/read-live";
import { rollUpUsage } from "@/lib/requests/roll-up-usage";
import { noteProgress } from "@/lib/wallet/heartbeat";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold } from "@/tests/factories/request";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let db: TestDatabase;
let ada: TestCustomer;
let bob: TestCustomer;
let trade: { providerId: string; priceId: string };

beforeAll(async () => {
  db = await testDatabase();
  [ada, bob] = [await testCustomer(db.orm, { creditUsd: "10" }), await testCustomer(db.orm, { creditUsd: "10" })];
  trade = { providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id };
});
afterAll(() => db.close());

const live = ({ viewer, userId }: TestCustomer) => readLive(db.sql, viewer, { userId, now: new Date() });

test("what runs is listed with its lane and its tokens so far; a day says how long the wallet lasts, minutes how fast it burns", async () => {
  const charge = (cost: bigint, agoMinutes: number) =>
    chargeTestRequest(db, { ...trade, customer: ada, amount: cost, cost, startedAt: new Date(Date.now() - agoMinutes * MINUTE_MS) });
  await charge(1_000_000n, 2);
  await charge(2_000_000n, 30);
  await charge(500_000n, 23 * 60);
  await charge(500_000n, 25 * 60);
  const [told, silent] = [
    await placeTestHold(db, { ...trade, customer: ada, amount: 500_000n }),
    await placeTestHold(db, { ...trade, customer: ada, amount: 250_000n }),
  ];
  await placeTestHold(db, { ...trade, customer: bob, amount: 250_000n });
  const { requestId, holdId } = told;
  const laneId = ada.walletLaneId;
  await noteProgress(db.sql, [{ requestId, laneId, holdId, stage: "content", outputTokens: 1_240 }]);

  const seen = await live(ada);
  const lane = { id: laneId, kind: "wallet", label: "Wallet" };
  expect(seen.runningCount).toBe(2);
  expect(seen.running).toMatchObject([
    { id: requestId, model: "gpt-5.5", lane, heldUsd: "0.500000", progress: { stage: "content", outputTokens: 1_240 } },
    { id: silent.requestId, keyName: "First key", lane, heldUsd: "0.250000", progress: null },
  ]);
  expect(seen).toMatchObject({ availableUsd: "5.250000", heldUsd: "0.750000", pace: { hours: 24, spentUsd: "3.500000" } });
  // Six dollars at three and a half a day, and at one in ten minutes.
  expect(seen.lastsMs).toBe(Math.floor((6 / 3.5) * 24 * HOUR_MS));
  expect(seen.burn).toEqual({ minutes: 10, spentUsd: "1.000000", lastsMs: HOUR_MS });
  expect(paceWords(seen, seen.pace)).toBe("Lasts about 1 d 17 h at the pace of the last 24 hours.");
  expect(burnWords(seen)).toBe("Live burn rate: $0.10 a minute over the last 10 minutes, which would empty the wallet in about 1 h.");
  expect(burnWords({ ...seen, runningCount: 0 })).toBeNull();
});

test("the pace is the same from the log and from its sums", async () => {
  const before = await live(ada);
  await rollUpUsage(db.sql, { now: new Date() });
  expect((await live(ada)).pace).toEqual(before.pace);
});

test("a heartbeat of a web process that is not restarted yet tells its holds, and moves nothing else", async () => {
  const customer = await testCustomer(db.orm, { creditUsd: "1" });
  const { holdId } = await placeTestHold(db, { ...trade, customer, amount: 500_000n });
  await db.sql`select note_progress(${JSON.stringify([{ holdId, stage: "content", outputTokens: 7 }])}::text::jsonb)`;
  expect(await db.sql`select progress, progress_output_tokens from holds where id = ${holdId}`).toEqual([
    { progress: "content", progress_output_tokens: 7 },
  ]);
  expect((await live(customer)).running).toMatchObject([{ lane: { id: customer.walletLaneId }, progress: null }]);
});

test("a wallet that paid for nothing lasts, and an empty one is empty", async () => {
  const quiet = await testCustomer(db.orm, { creditUsd: "1" });
  const seen = await live(quiet);
  expect(seen).toMatchObject({ lastsMs: null, burn: { lastsMs: null } });
  expect(paceWords(seen, seen.pace)).toBe("The wallet paid for nothing in the last 24 hours.");
  const nothing = await live(await testCustomer(db.orm));
  expect(paceWords(nothing, nothing.pace)).toBe("The wallet is empty.");
});

test("nobody sees what somebody else runs", async () => {
  await expect(readLive(db.sql, bob.viewer, { userId: ada.userId, now: new Date() })).rejects.toMatchObject({ code: "not_found" });
});
