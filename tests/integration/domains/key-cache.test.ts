import { randomBytes } from "node:crypto";
import { afterAll, beforeEach, beforeAll, expect, test } from "vitest";
import { apiKeys } from "@/db/schema/keys";
import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { KeyCache } from "@/lib/keys/key-cache";
import type { Clock } from "@/lib/time/clock";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

const clock: Clock = { now: () => new Date("2026-11-20T12:00:00Z") };
let database: TestDatabase;
let customers: TestCustomer[];
beforeAll(async () => {
  database = await testDatabase();
  customers = await Promise.all([1, 2, 3].map(() => testCustomer(database.orm)));
});
beforeEach(() => database.orm.update(apiKeys).set({ name: "before" }));
afterAll(() => database.close());

function cacheOf(sizes: { keysMax: number; unknownMax: number }) {
  const cache = new KeyCache(database.orm, clock, sizes);
  return {
    cache,
    /** "before" from memory; "after" when the database was asked again. */
    nameOf: async (index: number) => (await cache.find(hashApiKey(customers[index]?.secret ?? "")))?.key.name,
    change: () => database.orm.update(apiKeys).set({ name: "after" }),
  };
}

test("a full cache forgets the key that was not used for the longest time", async () => {
  const { nameOf, change } = cacheOf({ keysMax: 2, unknownMax: 2 });
  for (const index of [0, 1, 0, 2]) expect(await nameOf(index)).toBe("before");
  await change();
  expect(await nameOf(0)).toBe("before");
  expect(await nameOf(1)).toBe("after");
});

test("wrong keys, however many, push out no key that exists", async () => {
  const { cache, nameOf, change } = cacheOf({ keysMax: 3, unknownMax: 2 });
  for (const index of [0, 1, 2]) await nameOf(index);
  for (let i = 0; i < 10; i += 1) expect(await cache.find(randomBytes(32))).toBeNull();
  await change();
  for (const index of [0, 1, 2]) expect(await nameOf(index)).toBe("before");
});

test("a wrong key is remembered until something changes", async () => {
  const { cache } = cacheOf({ keysMax: 3, unknownMax: 2 });
  const hash = randomBytes(32);
  expect(await cache.find(hash)).toBeNull();
  const [{ keyId } = { keyId: "" }] = customers;
  const [row] = await database.orm.select().from(apiKeys);
  if (!row) throw new Error(`no key ${keyId}`);
  await database.orm.insert(apiKeys).values({ ...row, id: `${row.id}x`, hash });
  expect(await cache.find(hash)).toBeNull();
  cache.drop("usr_somebody_else");
  expect(await cache.find(hash)).toMatchObject({ key: { id: `${row.id}x` } });
});

test("whoever asks after a change is not told what was being read before it", async () => {
  const { cache, nameOf, change } = cacheOf({ keysMax: 3, unknownMax: 2 });
  const before = nameOf(0);
  cache.drop(customers[0]!.userId);
  await change();
  const after = nameOf(0);
  expect(await before).toBeDefined();
  expect(await after).toBe("after");
  expect(await nameOf(0)).toBe("after");
});
