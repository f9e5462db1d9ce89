import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { connectDatabase, type Database } from "@/db/client";
import { migrate } from "@/db/migrate";
import { expireDeadHolds } from "@/lib/wallet/heartbeat";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { send, sendWhole, usageIn } from "@/tests/factories/exchange";
import { costOf, logOf, MODEL, sellThrough, walletOf } from "@/tests/factories/gateway";
import { startGatewayProcess, type GatewayProcess } from "@/tests/factories/gateway-process";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

/*
 * What is killed here is real: processes by signal, Postgres by `kill -9` of the postmaster. The server is the file's own,
 * with its writes as durable as in production.
 */

const HEARTBEAT_TIMEOUT_S = 1;
const CUSTOMERS = 6;

let folder: string;
let postgres: EmbeddedPostgres;
let database: Database;
let simulator: OpenaiSimulator;
let gateway: GatewayProcess;
let upstreamPort: number;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "switchyard-test-"));
  await startPostgres();
  await migrate(postgres.url);
  database = connectDatabase(postgres.url);
  simulator = await startOpenaiSimulator();
  upstreamPort = simulator.port;
  await sellThrough(database.orm, simulator);
});
afterAll(async () => {
  await simulator.close();
  await database.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  simulator.control.always(null);
  simulator.control.pace(40);
  gateway = await startGateway();
});
afterEach(() => gateway.kill());

async function startPostgres(): Promise<void> {
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, "data"), log: () => {} });
}

function startGateway(): Promise<GatewayProcess> {
  return startGatewayProcess({
    databaseUrl: postgres.url,
    dataDir: path.join(folder, "data"),
    upstreamPorts: [upstreamPort],
    timings: { settleWaitMs: 1_000, heartbeatMs: 100, replayMs: 100 },
  });
}

async function killPostgres(): Promise<void> {
  process.kill(postgres.pid, "SIGKILL");
  await eventually(() => expect(postgres.isRunning()).toBe(false));
}

const body = { model: MODEL, input: "say: it survives whatever is killed in the middle of it, and is charged once", stream: true };
const journal = () =>
  readdirSync(path.join(folder, "data"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".settlement.json"));

test("a process that is stopped past its heartbeat loses its hold by the database's clock, and its real usage comes as one difference", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "20" });
  simulator.control.next({ gate: { afterEvents: 25 } });
  const running = await send(gateway.url, customer, { body });
  await running.until((exchange) => exchange.events().length >= 20);
  await eventually(async () =>
    expect(await database.sql`select 1 from holds where user_id = ${customer.userId} and progress = 'content'`).toHaveLength(1),
  );
  gateway.signal("SIGSTOP");
  await eventually(async () => expect(await expire()).toBe(1));
  const [guess] = await logOf(database, customer);
  expect(guess).toMatchObject({ outcome: "interrupted", usageEstimated: true });
  expect(guess?.cost).toBeGreaterThan(0n);
  expect(await walletOf(database, customer)).toEqual({ available: 20_000_000n - (guess?.cost ?? 0n), held: 0n });

  gateway.signal("SIGCONT");
  simulator.control.release();
  expect(await running.ended).toBe("whole");
  expect(running.events().at(-1)).toMatchObject({ type: "response.completed" });
  const cost = costOf("responses", usageIn(running));
  expect(await walletOf(database, customer)).toEqual({ available: 20_000_000n - cost, held: 0n });
  expect(await logOf(database, customer)).toMatchObject([{ outcome: "completed", usageEstimated: false, cost }]);
  expect(await database.sql`select 1 from transfers where user_id = ${customer.userId} and kind = 'late_usage'`).toHaveLength(1);
  await expectSoundLedger();
});

test("what was kept on disk by a process that was killed is settled by the next one, once", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "20" });
  simulator.control.next({ gate: { afterEvents: 25 } });
  const running = await send(gateway.url, customer, { body });
  await running.until((exchange) => exchange.events().length >= 20);
  await killPostgres();
  simulator.control.release();
  expect(await running.ended).toBe("whole");
  expect(running.events().at(-1)).toMatchObject({
    type: "response.failed",
    response: { error: { message: expect.stringContaining("could not be booked") as string } },
  });
  expect(journal()).toHaveLength(1);
  await gateway.kill();
  await startPostgres();
  await expireAll();
  gateway = await startGateway();
  await eventually(() => expect(journal()).toHaveLength(0));
  const [row] = await logOf(database, customer);
  expect(row).toMatchObject({ outcome: "completed", usageEstimated: false });
  expect(await walletOf(database, customer)).toEqual({ available: 20_000_000n - (row?.cost ?? 0n), held: 0n });
  await expectSoundLedger();
});

test.each([1, 9, 25])(
  "kill -9 of the gateway after %i answers under load: what a client saw completed is on the ledger, and no hold stays",
  async (answers) => {
    const load = await startLoad();
    await load.completed(answers);
    await gateway.kill();
    const seen = await load.ended();
    gateway = await startGateway();
    await expireAll();
    await expectOnLedger(seen);
  },
);

test.each([1, 12])(
  "kill -9 of Postgres after %i answers under load: what a client saw completed is on the ledger, and no hold stays",
  async (answers) => {
    const load = await startLoad();
    await load.completed(answers);
    await killPostgres();
    const stillSeen = load.stopAsking();
    await startPostgres();
    const seen = await stillSeen;
    await eventually(() => expect(journal()).toHaveLength(0));
    await eventually(async () => expect(await database.sql`select 1 from holds where state = 'placed'`).toHaveLength(0));
    await expectOnLedger(seen);
    const again = await testCustomer(database.orm, { creditUsd: "20" });
    await eventually(async () => expect((await sendWhole(gateway.url, again, { body })).status).toBe(200));
  },
);

test.each([1, 12])(
  "kill -9 of the upstream after %i answers under load: every request is settled, and the next one is served again",
  async (answers) => {
    const load = await startLoad();
    await load.completed(answers);
    await simulator.close();
    const seen = await load.stopAsking();
    simulator = await startOpenaiSimulator({ port: upstreamPort });
    await eventually(async () => expect(await database.sql`select 1 from holds where state = 'placed'`).toHaveLength(0));
    await expectOnLedger(seen);
    const again = await testCustomer(database.orm, { creditUsd: "20" });
    await eventually(async () => expect((await sendWhole(gateway.url, again, { body })).status).toBe(200));
  },
);

type Seen = { customer: TestCustomer; requestId: string; usage: unknown };

/** Several customers who each keep four streams running, until the gateway is gone or they are told to stop asking. */
async function startLoad() {
  const customers = await Promise.all(Array.from({ length: CUSTOMERS }, () => testCustomer(database.orm, { creditUsd: "50" })));
  const seen: Seen[] = [];
  const told = new AbortController();
  const { url } = gateway;
  const keepAsking = async (customer: TestCustomer) => {
    while (!told.signal.aborted) {
      const answer = await sendWhole(url, customer, { body }).catch(() => null);
      if (!answer) return;
      if (answer.status === 200 && answer.events().at(-1)?.type === "response.completed") {
        seen.push({ customer, requestId: String(answer.headers["x-request-id"]), usage: usageIn(answer) });
      }
    }
  };
  const asking = Promise.all(customers.flatMap((customer) => Array.from({ length: 4 }, () => keepAsking(customer))));
  const ended = async () => {
    await asking;
    return seen;
  };
  return {
    ended,
    completed: (count: number) => eventually(() => expect(seen.length).toBeGreaterThanOrEqual(count)),
    stopAsking: () => {
      told.abort();
      return ended();
    },
  };
}

async function expectOnLedger(seen: readonly Seen[]): Promise<void> {
  expect(seen.length).toBeGreaterThan(0);
  for (const { customer, requestId, usage } of seen) {
    const row = (await logOf(database, customer)).find((entry) => entry.id === requestId);
    expect(row).toMatchObject({ outcome: "completed", cost: costOf("responses", usage) });
  }
  for (const customer of new Set(seen.map((entry) => entry.customer))) {
    const spent = (await logOf(database, customer)).reduce((sum, row) => sum + row.cost, 0n);
    expect(await walletOf(database, customer)).toEqual({ available: 50_000_000n - spent, held: 0n });
  }
  await expectSoundLedger();
}

function expire(): Promise<number> {
  return expireDeadHolds(database.sql, { timeoutS: HEARTBEAT_TIMEOUT_S, ageMaxS: 86_400, limit: 1_000 });
}

async function expireAll(): Promise<void> {
  await eventually(async () => {
    await expire();
    expect(await database.sql`select 1 from holds where state = 'placed'`).toHaveLength(0);
  });
}

async function expectSoundLedger(): Promise<void> {
  const report = await verifyLedger(database.sql);
  expect(report.checks.filter((check) => !check.ok)).toEqual([]);
  expect(report.warnings).toEqual([]);
}
