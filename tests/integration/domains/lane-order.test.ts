import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { listLanes } from "@/lib/lanes/read";
import { setLaneOrder } from "@/lib/lanes/set-lane-order";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { OPERATOR, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function threeLanes() {
  const customer = await testCustomer(database.orm);
  for (const label of ["one", "two"]) await addCodexLane(database, customer, { label, address: "http://127.0.0.1:1" });
  const read = async () => (await listLanes(database.orm, customer.viewer, customer)).map(({ id, position }) => ({ id, position }));
  const ids = (await read()).map(({ id }) => id);
  const order = (wanted: readonly string[], orm = database.orm) =>
    withTransaction(orm, (tx) => setLaneOrder(tx, { userId: customer.userId, order: wanted, actor: OPERATOR }));
  return { customer, ids, read, order };
}

test("takes the whole order at once, writes it down once, and nothing when it is as it was", async () => {
  const { customer, ids, read, order } = await threeLanes();
  const wanted = [ids[2]!, ids[0]!, ids[1]!];
  await order(wanted);
  expect(await read()).toEqual(wanted.map((id, index) => ({ id, position: index + 1 })));
  await order(wanted);
  const audits = await database.sql`select before, after from audit_log where subject = ${customer.userId} and action = 'lane.order'`;
  expect(audits).toEqual([{ before: { order: ids }, after: { order: wanted } }]);
});

test("refuses an order that misses a lane, names one twice, or names somebody else's, and changes nothing", async () => {
  const { ids, read, order } = await threeLanes();
  const other = await threeLanes();
  const before = await read();
  for (const wrong of [ids.slice(1), [ids[0]!, ids[0]!, ids[1]!], [...ids, ids[0]!], [ids[1]!, ids[0]!, other.ids[0]!], []]) {
    await expect(order(wrong)).rejects.toMatchObject({ code: "conflict", param: "order" });
  }
  expect(await read()).toEqual(before);
});

test("two orders at once end as one of them", async () => {
  const { ids, read, order } = await threeLanes();
  const [up, down] = [
    [ids[2]!, ids[1]!, ids[0]!],
    [ids[1]!, ids[2]!, ids[0]!],
  ];
  await Promise.all([order(up), order(down, database.connect().orm)]);
  expect([up, down]).toContainEqual((await read()).map(({ id }) => id));
});
