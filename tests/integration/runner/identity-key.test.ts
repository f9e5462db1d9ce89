import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fitsIdentityKey } from "@/lib/codex/fits-identity-key";
import { loadProcessConfig } from "@/lib/config/load-config";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { systemClock } from "@/lib/time/clock";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { startRunner } from "@/workers/codex-runner/start-runner";

const OLD = "the first master key: 32 characters long";
const NEW = "a newer master key: also long enough here";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("the key that identities are hashed with is settled once, whoever asks first, and a rotation keeps it", async () => {
  expect(await Promise.all([1, 2, 3].map(() => fitsIdentityKey(database.sql, OLD)))).toEqual([true, true, true]);
  expect(await fitsIdentityKey(database.sql, `${NEW}, ${OLD}`)).toBe(true);
  expect(await fitsIdentityKey(database.sql, `${OLD},${NEW}`)).toBe(false);
  expect(await fitsIdentityKey(database.sql, NEW)).toBe(false);
  expect(await fitsIdentityKey(database.sql, OLD)).toBe(true);
});

test("a runner with its master keys in the wrong order does not start, and says which order is right", async () => {
  const config = loadProcessConfig({
    DATABASE_URL: database.url,
    NEXTAUTH_SECRET: OLD,
    RUNNER_SECRET: OLD,
    SWITCHYARD_MASTER_KEY: `${OLD},${NEW}`,
  });
  await fitsIdentityKey(database.sql, OLD);
  const runtime = {
    config,
    db: database,
    exportDb: database,
    clock: systemClock,
    log: pino({ level: "silent" }),
    sealer: createSealer(parseMasterKeys(config.masterKey)),
  };
  await expect(startRunner(runtime)).rejects.toThrow(/newest first and the oldest last/);
  expect(await database.sql`select id from runners`).toEqual([]);
});
