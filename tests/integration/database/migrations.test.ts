import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "@/db/migrate";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { temporaryFolder } from "@/tests/factories/temporary-folder";

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

test("a migration that fails leaves those before it done, and is tried again by the next run", async () => {
  const folder = temporaryFolder();
  const [later] = await database.sql<{ at: string }[]>`select max(created_at) as at from drizzle.__drizzle_migrations`;
  const entries = ["short", "long"].map((tag, idx) => ({ idx, version: "7", when: Number(later?.at) + 1 + idx, tag, breakpoints: true }));
  mkdirSync(path.join(folder, "meta"));
  writeFileSync(path.join(folder, "meta", "_journal.json"), JSON.stringify({ version: "7", dialect: "postgresql", entries }));
  writeFileSync(path.join(folder, "short.sql"), "create table made_before (id int)");
  writeFileSync(path.join(folder, "long.sql"), "create index on not_there (id)");
  await expect(migrate(database.url, folder)).rejects.toThrow();
  expect(await database.sql`select * from made_before`).toEqual([]);
  writeFileSync(path.join(folder, "long.sql"), "create index on made_before (id)");
  await migrate(database.url, folder);
});
