import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { Agent } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connectDatabase } from "@/db/client";
import { statusHours, statusIncidents } from "@/db/schema/status";
import { withTransaction } from "@/db/transaction";
import { loadProcessConfig } from "@/lib/config/load-config";
import { selectProvider } from "@/lib/providers/select-provider";
import { pruneHistory } from "@/lib/codex/prune-history";
import { setCodexLanes } from "@/lib/settings/codex-switch";
import { readStatus, STATUS_DAYS } from "@/lib/status/read";
import { OPERATOR } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { databaseProxy } from "@/tests/factories/database-proxy";
import { signedInAccount } from "@/tests/factories/leased-account";
import { startMailServer } from "@/tests/factories/mail-server";
import { TEST_MASTER_KEY, testProvider, testSealer } from "@/tests/factories/provider";
import { testRunner } from "@/tests/factories/runner";
import { StatusWatch } from "@/workers/background/watch-status";

const MINUTE_MS = 60_000;
const START = new Date("2026-11-21T10:58:00.000Z");
const log = pino({ level: "silent" });
const dispatcher = new Agent();
let database: TestDatabase;
let server: Server;
let address: string;
/** What stands behind the public address and the provider's: the paths that were asked for, and what they are answered with. */
let asked: string[];
let answers: Record<string, number>;
let now: Date;

beforeAll(async () => {
  database = await testDatabase();
  server = createServer((req, res) => {
    const path = req.url ?? "";
    asked.push(path);
    res.writeHead(answers[path] ?? 404).end("something about 10.0.0.7 and sk-secret");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await dispatcher.close();
  await database.close();
});
beforeEach(() => {
  asked = [];
  answers = { "/readyz": 200, "/upstream/models": 200 };
  now = START;
});
afterEach(async () => {
  await database.orm.delete(statusHours);
  await database.orm.delete(statusIncidents);
});

function watchOf(options: { db?: Pick<TestDatabase, "orm" | "sql" | "close">; env?: Record<string, string> } = {}) {
  const config = loadProcessConfig({
    DATABASE_URL: database.url,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    NEXTAUTH_SECRET: "a session secret for tests and for nothing else",
    PUBLIC_URL: address,
    ...options.env,
  });
  return new StatusWatch({ config, db: options.db ?? database, sealer: testSealer, clock: { now: () => now }, log }, dispatcher);
}

/** A minute apart, as in the product. */
async function rounds(watch: StatusWatch, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await watch.round();
    now = new Date(now.getTime() + MINUTE_MS);
  }
}

async function statusOf(component: string) {
  const { components, incidents } = await readStatus(database.orm, now);
  const found = components.find(({ id }) => id === component);
  return { ...found, today: found?.days.at(-1), incidents: incidents.filter(({ name }) => name === found?.name) };
}

test("probes are counted by the hour, and a day is their sum", async () => {
  await rounds(watchOf(), 4);
  const hours = await database.orm.select().from(statusHours).orderBy(statusHours.hour);
  const gateway = hours.filter(({ component }) => component === "gateway");
  expect(gateway.map(({ hour, probes }) => [hour.toISOString().slice(11, 13), probes])).toEqual([
    ["10", 2],
    ["11", 2],
  ]);
  expect(await statusOf("gateway")).toMatchObject({
    state: "working",
    passedPerTenThousand: 10_000,
    today: { day: "2026-11-21", probes: 4, failures: 0 },
    incidents: [],
  });
});

test("three failures in a row open one incident from the first of them, and three answers in a row end it", async () => {
  const watch = watchOf();
  await rounds(watch, 1);
  answers["/readyz"] = 503;
  await rounds(watch, 2);
  expect(await statusOf("gateway")).toMatchObject({ state: "working", incidents: [], today: { probes: 3, failures: 2 } });
  await rounds(watch, 3);
  expect(await statusOf("gateway")).toMatchObject({
    state: "down",
    incidents: [{ startedAt: "2026-11-21T10:59:00.000Z", resolvedAt: null }],
  });
  answers["/readyz"] = 200;
  await rounds(watch, 2);
  expect(await statusOf("gateway")).toMatchObject({ state: "down" });
  await rounds(watch, 1);
  expect(await statusOf("gateway")).toMatchObject({
    state: "working",
    incidents: [{ startedAt: "2026-11-21T10:59:00.000Z", resolvedAt: "2026-11-21T11:04:00.000Z" }],
  });
});

test("where nothing says whether the gateway is ready, nothing is said about it, and its incident stays open", async () => {
  const watch = watchOf();
  answers["/readyz"] = 503;
  await rounds(watch, 3);
  answers["/readyz"] = 404;
  await rounds(watch, 5);
  expect(await statusOf("gateway")).toMatchObject({ state: "down", today: { probes: 3, failures: 3 } });
});

test("two processes open one incident, and a process that was started since closes it", async () => {
  answers["/readyz"] = 503;
  const [one, other] = [watchOf(), watchOf()];
  await Promise.all([rounds(one, 3), rounds(other, 3)]);
  expect((await statusOf("gateway")).incidents).toHaveLength(1);
  answers["/readyz"] = 200;
  await rounds(watchOf(), 3);
  expect(await statusOf("gateway")).toMatchObject({ state: "working" });
});

test("a database that was away is counted as failed when it is back, and nothing is said of what could not be asked", async () => {
  const proxy = databaseProxy();
  const db = connectDatabase(await proxy.front(database.url));
  const watch = watchOf({ db });
  await rounds(watch, 1);
  proxy.down();
  await rounds(watch, 3);
  proxy.up();
  await rounds(watch, 1);
  expect(await statusOf("database")).toMatchObject({
    state: "down",
    today: { probes: 5, failures: 3 },
    incidents: [{ startedAt: "2026-11-21T10:59:00.000Z" }],
  });
  expect((await statusOf("codex")).today).toBeUndefined();
  await rounds(watch, 2);
  expect(await statusOf("database")).toMatchObject({ state: "working" });
  await db.close();
  proxy.close();
});

test("Codex lanes are down while nobody drives them, and not when the operator has turned them off", async () => {
  const watch = watchOf();
  await rounds(watch, 1);
  expect((await statusOf("codex")).id).toBeUndefined();
  await signedInAccount(database);
  await database.sql`update runners set ended_at = now()`;
  await rounds(watch, 3);
  expect(await statusOf("codex")).toMatchObject({ state: "down", today: { probes: 3, failures: 3 } });
  const turn = (enabled: boolean) => withTransaction(database.orm, (tx) => setCodexLanes(tx, { enabled, actor: OPERATOR, note: "a test" }));
  await turn(false);
  await rounds(watch, 1);
  expect(await statusOf("codex")).toMatchObject({ state: "working", today: { probes: 3, failures: 3 } });
  await turn(true);
  await testRunner(database.sql);
  await rounds(watch, 1);
  expect(await statusOf("codex")).toMatchObject({ state: "working", today: { probes: 4, failures: 3 } });
});

test("the provider is asked for its models with its key; a refused key is a failure, a path that it does not have is not", async () => {
  const providerId = await testProvider(database.orm, { baseUrl: `${address}/upstream` });
  await withTransaction(database.orm, (tx) => selectProvider(tx, { providerId, actor: OPERATOR }));
  const watch = watchOf();
  for (const [status, failures] of [
    [200, 0],
    [404, 0],
    [401, 1],
    [500, 2],
  ] as const) {
    answers["/upstream/models"] = status;
    await rounds(watch, 1);
    expect((await statusOf("provider")).today).toMatchObject({ failures });
  }
  expect(asked.filter((path) => path === "/upstream/models")).toHaveLength(4);
});

test("mail is probed by a sign-in to its server, and only where it is set up", async () => {
  await rounds(watchOf(), 1);
  expect((await statusOf("mail")).id).toBeUndefined();
  const mail = await startMailServer();
  const watch = watchOf({ env: { SMTP_URL: mail.url } });
  await rounds(watch, 1);
  expect(await statusOf("mail")).toMatchObject({ state: "working", today: { probes: 1, failures: 0 } });
  await mail.close();
  await rounds(watch, 5);
  expect((await statusOf("mail")).today).toEqual({ day: "2026-11-21", probes: 2, failures: 1 });
});

test("nothing of an answer, an address or an error is kept", async () => {
  answers["/readyz"] = 500;
  await rounds(watchOf(), 3);
  const kept = JSON.stringify([await database.orm.select().from(statusHours), await database.orm.select().from(statusIncidents)]);
  for (const secret of ["127.0.0.1", "10.0.0.7", "sk-", "HTTP 500"]) expect(kept).not.toContain(secret);
});

test("the page has ninety days, whatever was probed, and what is far older goes", async () => {
  const hour = (daysAgo: number) => new Date(START.getTime() - (START.getTime() % 3_600_000) - daysAgo * 86_400_000);
  const rowOf = (daysAgo: number) => ({ component: "gateway", hour: hour(daysAgo), probes: 60, failures: 6, latencyMsSum: 540 });
  await database.orm.insert(statusHours).values([rowOf(0), rowOf(89), rowOf(90)]);
  const gateway = await statusOf("gateway");
  expect(gateway.days).toHaveLength(STATUS_DAYS);
  expect(gateway).toMatchObject({ passedPerTenThousand: 9_000, latencyMs: 10 });
  expect(gateway.days?.filter(({ probes }) => probes > 0)).toHaveLength(2);
  await database.orm.insert(statusHours).values({ ...rowOf(0), hour: new Date(Date.now() - 500 * 86_400_000) });
  expect(await pruneHistory(database.sql)).toMatchObject({ status_hours: 1 });
});
