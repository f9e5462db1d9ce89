import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiKeyLanes } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { withTransaction } from "@/db/transaction";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { issueKey } from "@/lib/keys/issue-key";
import { revokeKey } from "@/lib/keys/revoke-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { moveLane } from "@/lib/lanes/move-lane";
import { listLanes } from "@/lib/lanes/read";
import { removeLane } from "@/lib/lanes/remove-lane";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testSealer } from "@/tests/factories/provider";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
});
afterAll(() => database.close());

function add(
  customer: TestCustomer,
  options: { label?: string; baseUrl?: string; secret?: string; allow?: string[] } = {},
  on: Pick<TestDatabase, "orm"> = database,
) {
  const { label = "My key", baseUrl = "https://api.openai.com/v1/", secret = "sk-customer-own", allow = [] } = options;
  return withTransaction(on.orm, (tx) =>
    addApiKeyLane(tx, { userId: customer.userId, label, baseUrl, secret, allow, sealer: testSealer, actor: OPERATOR }),
  );
}

async function order(customer: TestCustomer): Promise<string[]> {
  const list = await listLanes(database.orm, customer.viewer, { userId: customer.userId });
  expect(list.map((lane) => lane.position)).toEqual(list.map((_, index) => index + 1));
  return list.map((lane) => lane.id);
}

test("a new lane comes after the others and before the wallet, whose credit would be spent first, with its key sealed to it", async () => {
  const customer = await testCustomer(database.orm);
  const first = await add(customer);
  const { id, position } = await add(customer);
  expect(await order(customer)).toEqual([first.id, id, customer.walletLaneId]);
  expect(position).toBe(2);
  const [row] = await database.orm.select().from(lanes).where(eq(lanes.id, id));
  if (!row?.sealedKey || !row.sealKeyId) throw new Error("no sealed key");
  expect(row).toMatchObject({ baseUrl: "https://api.openai.com/v1", keyLastFour: "-own" });
  expect(testSealer.open(row.sealedKey, row.sealKeyId, id)).toBe("sk-customer-own");
  expect(JSON.stringify(await listLanes(database.orm, customer.viewer, { userId: customer.userId }))).not.toContain("sealed");
});

test("lanes can be put into any order, and a place that does not exist is refused", async () => {
  const customer = await testCustomer(database.orm);
  const [one, two] = [(await add(customer)).id, (await add(customer)).id];
  const move = (laneId: string, position: number) =>
    withTransaction(database.orm, (tx) => moveLane(tx, { userId: customer.userId, laneId, position, actor: OPERATOR }));
  await move(two, 1);
  expect(await order(customer)).toEqual([two, one, customer.walletLaneId]);
  await move(two, 3);
  expect(await order(customer)).toEqual([one, customer.walletLaneId, two]);
  await expect(move(two, 4)).rejects.toMatchObject({ param: "position" });
  await expect(move("lane_none", 1)).rejects.toMatchObject({ code: "not_found" });
});

test("a user has fifty lanes, also when two are added at once, and a ChatGPT account needs one of them", async () => {
  const customer = await testCustomer(database.orm);
  await database.sql`
    insert into lanes (id, user_id, kind, position, label, base_url, sealed_key, seal_key_id)
    select 'lane_many_' || n, ${customer.userId}, 'api_key', n + 1, 'many', 'https://api.openai.com/v1', '', 'none'
    from generate_series(1, 48) n`;
  const full = { code: "conflict", message: expect.stringContaining("Remove one") as string };
  const both = await Promise.allSettled([add(customer), add(customer, {}, database.connect())]);
  expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: full });
  expect(await order(customer)).toHaveLength(50);
  const connect = () =>
    withTransaction(database.orm, (tx) =>
      connectAccount(tx, { userId: customer.userId, label: "A", textVersion: CONSENT.version, address: null, actor: OPERATOR }),
    );
  await expect(connect()).rejects.toMatchObject(full);
  await withTransaction(database.orm, (tx) => removeLane(tx, { userId: customer.userId, laneId: "lane_many_1", actor: OPERATOR }));
  await connect();
  expect(await order(customer)).toHaveLength(50);
});

test("two people who re-order and add at once leave one order without gaps", async () => {
  const customer = await testCustomer(database.orm);
  const { id } = await add(customer);
  await Promise.all([
    ...Array.from({ length: 5 }, () => add(customer)),
    ...Array.from({ length: 5 }, () =>
      withTransaction(database.orm, (tx) => moveLane(tx, { userId: customer.userId, laneId: id, position: 1, actor: OPERATOR })),
    ),
  ]);
  const ids = await order(customer);
  expect(ids).toHaveLength(7);
  expect(ids[0]).toBe(id);
});

test("the wallet's lane is never removed, nor is the last one; the others close the gap", async () => {
  const customer = await testCustomer(database.orm);
  const [one, two] = [(await add(customer)).id, (await add(customer)).id];
  const remove = (laneId: string) =>
    withTransaction(database.orm, (tx) => removeLane(tx, { userId: customer.userId, laneId, actor: OPERATOR }));
  await remove(one);
  expect(await order(customer)).toEqual([two, customer.walletLaneId]);
  await expect(remove(customer.walletLaneId)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("Pause it instead") as string,
  });
  await expect(remove("lane_none")).rejects.toMatchObject({ code: "not_found" });
  await database.orm.delete(lanes).where(eq(lanes.id, customer.walletLaneId));
  await expect(remove(two)).rejects.toMatchObject({ code: "conflict" });
});

test("removing a lane never opens the owner's other lanes to a key that was kept from them", async () => {
  const customer = await testCustomer(database.orm);
  const [own, more] = [(await add(customer)).id, (await add(customer)).id];
  const { userId } = customer;
  const key = await withTransaction(database.orm, (tx) =>
    issueKey(tx, { userId, name: "narrow", limits: { laneIds: [own] }, actor: OPERATOR, clock: systemClock }),
  );
  const remove = () => withTransaction(database.orm, (tx) => removeLane(tx, { userId, laneId: own, actor: OPERATOR }));
  await expect(remove()).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining('"narrow"') as string });
  await withTransaction(database.orm, (tx) => setKeyLimits(tx, { keyId: key.id, limits: { laneIds: [own, more] }, actor: OPERATOR }));
  await remove();
  const left = await database.orm.select({ laneId: apiKeyLanes.laneId }).from(apiKeyLanes).where(eq(apiKeyLanes.keyId, key.id));
  expect(left).toEqual([{ laneId: more }]);
});

test("a revoked key does not keep its lane alive", async () => {
  const customer = await testCustomer(database.orm);
  const { id: laneId } = await add(customer);
  const { userId } = customer;
  const key = await withTransaction(database.orm, (tx) =>
    issueKey(tx, { userId, name: "gone", limits: { laneIds: [laneId] }, actor: OPERATOR, clock: systemClock }),
  );
  await withTransaction(database.orm, (tx) => revokeKey(tx, { keyId: key.id, actor: OPERATOR, clock: systemClock }));
  await withTransaction(database.orm, (tx) => removeLane(tx, { userId, laneId, actor: OPERATOR }));
  expect(await order(customer)).toEqual([customer.walletLaneId]);
});

test.each([
  "http://api.openai.com/v1",
  "https://10.0.0.7/v1",
  "https://169.254.169.254/",
  "https://[::1]/v1",
  "ftp://example.com",
  "https://u:p@example.com/v1",
  "https://example.com/v1?a=1",
])("%s cannot be a customer's upstream", async (baseUrl) => {
  const customer = await testCustomer(database.orm);
  await expect(add(customer, { baseUrl })).rejects.toMatchObject({ code: "request_invalid", param: "baseUrl" });
});

test("a simulated database takes no upstream but one on this machine", async () => {
  const simulated = await testDatabase();
  try {
    await withTransaction(simulated.orm, (tx) => stampDatabase(tx, "simulated"));
    const customer = await testCustomer(simulated.orm);
    await expect(add(customer, {}, simulated)).rejects.toMatchObject({ code: "conflict" });
    await add(customer, { baseUrl: "http://127.0.0.1:4010/v1", allow: ["127.0.0.1:4010"] }, simulated);
  } finally {
    await simulated.close();
  }
});

test("on a live database a customer never reaches an upstream that only the operator may", async () => {
  const customer = await testCustomer(database.orm);
  const inside = { baseUrl: "http://10.1.2.3:8080/v1", allow: ["10.1.2.3:8080"] };
  await expect(add(customer, inside)).rejects.toMatchObject({ code: "request_invalid", param: "baseUrl" });
});

test("only the owner's lane changes its state", async () => {
  const customer = await testCustomer(database.orm);
  const other = await testCustomer(database.orm);
  const pause = (userId: string) =>
    withTransaction(database.orm, (tx) =>
      setLaneState(tx, { userId, laneId: customer.walletLaneId, to: { state: "paused" }, actor: OPERATOR }),
    );
  await expect(pause(other.userId)).rejects.toMatchObject({ code: "not_found" });
  await pause(customer.userId);
  expect(await listLanes(database.orm, customer.viewer, { userId: customer.userId })).toMatchObject([{ state: "paused" }]);
});
