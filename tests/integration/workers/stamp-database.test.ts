import { afterEach, beforeEach, expect, test } from "vitest";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { stampDatabase } from "@/workers/start/stamp-database";

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.close());

const host = "127.0.0.1";

test("without a provider key the first start makes a simulation, for good", async () => {
  expect(await stampDatabase(database.sql, { openaiApiKey: null, host })).toBe("simulated");
  expect(await stampDatabase(database.sql, { openaiApiKey: null, host })).toBe("simulated");
  await expect(stampDatabase(database.sql, { openaiApiKey: "sk-live", host })).rejects.toThrow("it is a simulation for good");
});

test("with a provider key it is live, and stays so when the key is no longer given", async () => {
  expect(await stampDatabase(database.sql, { openaiApiKey: "sk-live", host: "0.0.0.0" })).toBe("live");
  expect(await stampDatabase(database.sql, { openaiApiKey: null, host: "0.0.0.0" })).toBe("live");
});

test("a simulation listens on this machine only", async () => {
  await expect(stampDatabase(database.sql, { openaiApiKey: null, host: "0.0.0.0" })).rejects.toThrow(
    "listens on this machine only, and HOST is 0.0.0.0",
  );
});

test("the stamp cannot be changed afterwards", async () => {
  await stampDatabase(database.sql, { openaiApiKey: null, host });
  await expect(database.sql`update database_stamp set mode = 'live'`).rejects.toThrow();
  await expect(database.sql`delete from database_stamp`).rejects.toThrow();
});
