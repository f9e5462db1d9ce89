import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { and, asc, eq, isNull } from "drizzle-orm";
import { eventually } from "@/tests/factories/eventually";
import { connectDatabase, type Database, type Orm } from "@/db/client";
import { ledgerEntries, transfers, wallets } from "@/db/schema/ledger";
import { alarms } from "@/db/schema/operations";
import { attempts, requests } from "@/db/schema/requests";
import { withTransaction } from "@/db/transaction";
import { issueKey } from "@/lib/keys/issue-key";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { moveLane } from "@/lib/lanes/move-lane";
import type { MicroUsd } from "@/lib/money/micro-usd";
import { readUsage } from "@/lib/openai/usage";
import { cost } from "@/lib/pricing/cost";
import { addProvider } from "@/lib/providers/add-provider";
import { recordProbe } from "@/lib/providers/record-probe";
import { selectProvider } from "@/lib/providers/select-provider";
import type { GatewayTimings } from "@/lib/runtime/gateway-runtime";
import { stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, TEST_RATES, testSealer } from "@/tests/factories/provider";
import { serveGateway, type ServedGateway } from "@/tests/factories/serve-gateway";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

export type RequestLog = typeof requests.$inferSelect & { attempts: (typeof attempts.$inferSelect)[] };

export type TestGateway = ServedGateway & {
  database: TestDatabase;
  dataDir: string;
  /** Stands behind the operator's provider. */
  simulator: OpenaiSimulator;
  /** Stands behind the customers' own keys. */
  ownSimulator: OpenaiSimulator;
  providerId: string;
  close(): Promise<void>;
};

export const MODEL = "gpt-5.5";
/** On the chat wire; does not reason. */
export const CHAT_MODEL = "gpt-4o";
export const OPERATOR_SECRET = "sk-operator-secret-of-the-provider";
export const OWN_SECRET = "sk-customers-own-secret";

/** A gateway in this process over a database of its own, with two simulated upstreams. */
export async function testGateway(
  options: {
    timings?: Partial<GatewayTimings>;
    stallMs?: number;
    env?: Record<string, string>;
    /** Of further upstreams that the test runs itself. */
    upstreamPorts?: readonly number[];
    /** Lets the gateway, and nobody else, reach the database through something that can be broken. */
    databaseProxy?: (url: string) => Promise<string>;
  } = {},
): Promise<TestGateway> {
  const [database, simulator, ownSimulator] = await Promise.all([
    testDatabase(),
    startOpenaiSimulator({ organisation: "org-operator-of-all" }),
    startOpenaiSimulator({ organisation: "org-of-customer" }),
  ]);
  const dataDir = mkdtempSync(path.join(tmpdir(), "switchyard-test-"));
  const providerId = await sellThrough(database.orm, simulator);
  const databaseUrl = await (options.databaseProxy?.(database.url) ?? database.url);
  const db = options.databaseProxy ? connectDatabase(databaseUrl) : database;
  const served = await serveGateway({
    db,
    databaseUrl,
    dataDir,
    ...options,
    upstreamPorts: [simulator.port, ownSimulator.port, ...(options.upstreamPorts ?? [])],
  });
  return {
    ...served,
    database,
    dataDir,
    simulator,
    ownSimulator,
    providerId,
    close: async () => {
      // A stream that a test left open is ended by its upstream.
      await Promise.all([simulator.close(), ownSimulator.close()]);
      await served.close();
      if (db !== database) await db.close();
      const report = await verifyLedger(database.sql);
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
      const wrong = report.checks.filter((check) => !check.ok);
      if (wrong.length > 0) throw new Error(`the ledger is wrong: ${JSON.stringify(wrong)}`);
    },
  };
}

/** A simulated database whose wallets are served by this simulator. */
export async function sellThrough(orm: Orm, simulator: OpenaiSimulator): Promise<string> {
  await withTransaction(orm, (tx) => stampDatabase(tx, "simulated"));
  for (const model of [MODEL, CHAT_MODEL]) await testPrice(orm, model);
  const id = await addTestProvider(orm, { name: "operator", simulator });
  await withTransaction(orm, (tx) => selectProvider(tx, { providerId: id, actor: OPERATOR }));
  return id;
}

/** Probed, not selected. */
export function addTestProvider(orm: Orm, input: { name: string; simulator: Pick<OpenaiSimulator, "url" | "port"> }): Promise<string> {
  return withTransaction(orm, async (tx) => {
    const { id } = await addProvider(tx, {
      name: input.name,
      baseUrl: `${input.simulator.url}/v1`,
      authStyle: "bearer",
      apiVersion: null,
      secret: OPERATOR_SECRET,
      simulated: true,
      allow: [`127.0.0.1:${input.simulator.port}`],
      sealer: testSealer,
      actor: OPERATOR,
    });
    await recordProbe(tx, { providerId: id, result: { passed: true, detail: "a factory said so" }, actor: OPERATOR, clock: systemClock });
    return id;
  });
}

export function walletCustomer(gateway: TestGateway, creditUsd = "20"): Promise<TestCustomer> {
  return testCustomer(gateway.database.orm, { creditUsd });
}

/** A lane of the customer's own key, at `position` of the owner's order (first by default). */
export function addOwnLane(
  gateway: TestGateway,
  customer: TestCustomer,
  options: { simulator?: Pick<OpenaiSimulator, "url" | "port">; secret?: string; label?: string; position?: number } = {},
): Promise<string> {
  const { simulator = gateway.ownSimulator, secret = OWN_SECRET, label = "Own key", position = 1 } = options;
  return withTransaction(gateway.database.orm, async (tx) => {
    const lane = await addApiKeyLane(tx, {
      userId: customer.userId,
      label,
      baseUrl: `${simulator.url}/v1`,
      secret,
      allow: [`127.0.0.1:${simulator.port}`],
      sealer: testSealer,
      actor: OPERATOR,
    });
    await moveLane(tx, { userId: customer.userId, laneId: lane.id, position, actor: OPERATOR });
    return lane.id;
  });
}

/** Another key of the same customer. */
export async function keyWith(gateway: TestGateway, customer: TestCustomer, limits: Partial<KeyLimits>): Promise<TestCustomer> {
  const { userId } = customer;
  const key = await withTransaction(gateway.database.orm, (tx) =>
    issueKey(tx, { userId, name: "Another key", limits, actor: OPERATOR, clock: systemClock }),
  );
  return { ...customer, keyId: key.id, secret: key.secret };
}

/** The request log of a customer, oldest first. */
export async function logOf(database: Database, customer: Pick<TestCustomer, "userId">): Promise<RequestLog[]> {
  const rows = await database.orm
    .select()
    .from(requests)
    .where(eq(requests.userId, customer.userId))
    .orderBy(asc(requests.startedAt), asc(requests.id));
  return Promise.all(
    rows.map(async (row) => ({
      ...row,
      attempts: await database.orm.select().from(attempts).where(eq(attempts.requestId, row.id)).orderBy(asc(attempts.attemptNo)),
    })),
  );
}

/** The log once it has `count` rows: a refusal is answered before it is written down. */
export async function loggedOf(database: Database, customer: Pick<TestCustomer, "userId">, count: number): Promise<RequestLog[]> {
  return eventually(async () => {
    const rows = await logOf(database, customer);
    if (rows.length !== count) throw new Error(`${rows.length} rows on the log, not ${count}`);
    return rows;
  });
}

export async function walletOf(database: Database, customer: Pick<TestCustomer, "userId">): Promise<{ available: bigint; held: bigint }> {
  const [wallet] = await database.orm.select().from(wallets).where(eq(wallets.userId, customer.userId));
  if (!wallet) throw new Error("a customer without a wallet");
  return { available: wallet.available, held: wallet.held };
}

/** What the ledger has moved between the accounts for one request, by transfer kind and account kind. */
export async function movedBy(database: Database, requestId: string): Promise<Record<string, Record<string, bigint>>> {
  const rows = await database.orm
    .select({ kind: transfers.kind, account: ledgerEntries.accountId, amount: ledgerEntries.amount })
    .from(transfers)
    .innerJoin(ledgerEntries, eq(ledgerEntries.transferId, transfers.id))
    .where(eq(transfers.requestId, requestId));
  const moved: Record<string, Record<string, bigint>> = {};
  for (const row of rows) (moved[row.kind] ??= {})[row.account.split(":")[0] ?? ""] = row.amount;
  return moved;
}

/** The open alarms of one kind. */
export function alarmsOf(database: Database, kind: string): Promise<{ kind: string; subject: string; detail: string }[]> {
  return database.orm
    .select()
    .from(alarms)
    .where(and(eq(alarms.kind, kind), isNull(alarms.resolvedAt)));
}

/** At the test price, from the usage object as the client got it. */
export function costOf(wire: "responses" | "chat", usage: unknown, webSearchCalls = 0): MicroUsd {
  const reading = readUsage(wire, usage);
  if (!reading) throw new Error("the answer reports no usage");
  return cost(reading.usage, webSearchCalls, TEST_RATES);
}
