import { afterAll, beforeAll, expect, test } from "vitest";
import { burnWords } from "@/components/usage/live-words";
import { readLive } from "@/lib/requests/read-live";
import { noteProgress } from "@/lib/wallet/heartbeat";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold } from "@/tests/factories/request";

const MINUTE_MS = 60_000;

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

test("what runs is listed with its tokens so far, and what the last minutes cost says how long the wallet lasts", async () => {
  const charge = (cost: bigint, agoMinutes: number) =>
    chargeTestRequest(db, { ...trade, customer: ada, amount: cost, cost, startedAt: new Date(Date.now() - agoMinutes * MINUTE_MS) });
  await charge(1_000_000n, 2);
  await charge(3_000_000n, 30);
  const [told, silent] = [
    await placeTestHold(db, { ...trade, customer: ada, amount: 500_000n }),
    await placeTestHold(db, { ...trade, customer: ada, amount: 250_000n }),
  ];
  await placeTestHold(db, { ...trade, customer: bob, amount: 250_000n });
  await noteProgress(db.sql, [{ holdId: told.holdId, stage: "content", outputTokens: 1_240 }]);

  const live = await readLive(db.sql, ada.viewer, { userId: ada.userId });
  expect(live.runningCount).toBe(2);
  expect(live.running).toMatchObject([
    { id: told.requestId, model: "gpt-5.5", heldUsd: "0.500000", progress: { stage: "content", outputTokens: 1_240 } },
    { id: silent.requestId, keyName: "First key", heldUsd: "0.250000", progress: null },
  ]);
  expect(live).toMatchObject({ availableUsd: "5.250000", heldUsd: "0.750000", pace: { minutes: 10, spentUsd: "1.000000" } });
  // Six dollars at one in ten minutes.
  expect(live.lastsMs).toBe(60 * MINUTE_MS);
  expect(burnWords(live)).toBe("Empty in about 1 h at this pace: $0.10 a minute over the last 10.");
});

test("a wallet that paid for nothing lasts, and an empty one is empty", async () => {
  const quiet = await testCustomer(db.orm, { creditUsd: "1" });
  expect(burnWords(await readLive(db.sql, quiet.viewer, { userId: quiet.userId }))).toBe(
    "The wallet paid for nothing in the last 10 minutes.",
  );
  const empty = await testCustomer(db.orm);
  expect(burnWords(await readLive(db.sql, empty.viewer, { userId: empty.userId }))).toBe("The wallet is empty.");
});

test("nobody sees what somebody else runs", async () => {
  await expect(readLive(db.sql, bob.viewer, { userId: ada.userId })).rejects.toMatchObject({ code: "not_found" });
});
