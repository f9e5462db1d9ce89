import { afterEach, beforeEach, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import { freePort } from "@/workers/shared/free-port";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";
import { seedProvider } from "@/workers/start/seed-provider";

let database: TestDatabase;
let simulator: OpenaiSimulator;
beforeEach(async () => {
  [database, simulator] = await Promise.all([testDatabase(), startOpenaiSimulator()]);
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "simulated"));
});
afterEach(async () => {
  await simulator.close();
  await database.close();
});

/** Returns what the operator is told. */
async function start(address: string, secret: string): Promise<string[]> {
  const lines: string[] = [];
  await seedProvider({
    database,
    masterKey: TEST_MASTER_KEY,
    upstream: { baseUrl: `${address}/v1`, secret, simulated: true },
    allow: [new URL(address).host],
    log: (line) => lines.push(line),
    probeCommand: "the command",
  });
  return lines;
}

function openAlarms() {
  return database.sql`select kind, subject from alarms where resolved_at is null`;
}

const ALARM = { kind: "provider_probe_failed", subject: "default" };

test("a first provider that does not pass its probe raises an alarm, which its first passed probe ends", async () => {
  const told = await start(simulator.url, "sk-bad-key");
  expect(told.at(-1)).toBe("wallet lanes stay closed until it does: the command");
  expect(await openAlarms()).toEqual([ALARM]);
  expect(await start(simulator.url, "sk-good")).toEqual([]);
  expect(await openAlarms()).toEqual([]);
});

test("the alarm of a change that did not pass ends when the change is taken back", async () => {
  await start(simulator.url, "sk-good");
  await start(`http://127.0.0.1:${await freePort(0)}`, "sk-good");
  expect(await openAlarms()).toEqual([ALARM]);
  await start(simulator.url, "sk-good");
  expect(await openAlarms()).toEqual([]);
});
