import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "@/db/migrate";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("migrating a migrated database changes nothing, however many processes do it at once", async () => {
  const applied = () => database.sql`select * from drizzle.__drizzle_migrations order by id`;
  const before = await applied();
  await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
  expect(before.length).toBeGreaterThan(0);
  expect(await applied()).toEqual(before);
});
