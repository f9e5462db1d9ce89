import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { readLastUse } from "@/lib/keys/read-last-use";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testRequestRow } from "@/tests/factories/request";

const OPENED = "2026-11-20T12:00:00.000Z";
let database: TestDatabase;
let ada: TestCustomer;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("the first request that was answered stays the first, whatever comes after it", async () => {
  ada = await testCustomer(database.orm);
  const before = await log(-1, "completed");
  expect(await read()).toMatchObject({ request: null, firstCompleted: null });
  const refused = await log(1, "refused");
  expect(await read()).toMatchObject({ request: { id: refused }, firstCompleted: null });
  const first = await log(2, "completed");
  await log(3, "completed");
  const failed = await log(4, "failed");
  expect(await read()).toMatchObject({ request: { id: failed, outcome: "failed" }, firstCompleted: { id: first, laneLabel: "Wallet" } });
  expect(await read(null)).toMatchObject({ request: { id: failed }, firstCompleted: { id: before } });
});

test("a call that is passed on and that its upstream turned away is no first request", async () => {
  ada = await testCustomer(database.orm);
  const refused = await log(1, "completed", 401);
  expect(await read()).toMatchObject({ request: { id: refused, status: 401 }, firstCompleted: null });
});

test("of several that were not answered, the newest is told", async () => {
  ada = await testCustomer(database.orm);
  await log(1, "failed");
  const newest = await log(2, "refused");
  expect(await read()).toMatchObject({ request: { id: newest }, firstCompleted: null });
});

function read(since: string | null = OPENED) {
  return readLastUse(database.orm, ada.viewer, { keyId: ada.keyId, since });
}

/** A request of the key, so many seconds after the page was opened. */
async function log(seconds: number, outcome: string, status = 200): Promise<string> {
  const id = newId("req");
  const row = testRequestRow(ada, { id, startedAt: new Date(Date.parse(OPENED) + seconds * 1_000) });
  const { keyId, userId } = ada;
  await settleRequests(database.sql, [
    { requestId: id, keyId, userId, processId: "proc_test", holds: [], request: { ...row, outcome, status }, attempts: [] },
  ]);
  return id;
}
