import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { sendWhole, usageIn } from "@/tests/factories/exchange";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { costOf, logOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";
import { formatUsd, microUsd } from "@/lib/money/micro-usd";
import { verifyLedger } from "@/lib/wallet/verify-ledger";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ timings: { moneyWaitMs: 1_500 } });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.always(null));

const REQUESTS = 200;
const COVERED = 50;
const body = { model: MODEL, input: "say: one of two hundred", stream: true };

test("of 200 requests at once on a wallet that covers 50 of them, none overdraws and every cent is accounted for", async () => {
  const hold = await holdOf(body);
  const customer = await customerWith(hold * BigInt(COVERED));
  const { control } = gateway.simulator;
  control.always({ gate: "before_headers" });
  const bounds = watchBounds(customer, hold * BigInt(COVERED));
  const running = Array.from({ length: REQUESTS }, () => sendWhole(gateway.url, customer, { body }));
  await control.until((counts) => counts.held === COVERED);
  expect(await walletOf(gateway.database, customer)).toEqual({ available: 0n, held: hold * BigInt(COVERED) });
  control.always(null);
  control.release();
  const answers = await Promise.all(running);
  await bounds.stop();

  const completed = answers.filter((answer) => answer.status === 200);
  const refused = answers.filter((answer) => answer.status !== 200);
  expect(completed.length).toBeGreaterThanOrEqual(COVERED);
  for (const answer of refused) {
    expect(answer.json()).toMatchObject({ error: { code: answer.status === 429 ? "rate_limit_exceeded" : "insufficient_quota" } });
  }
  const costs = completed.reduce((sum, answer) => sum + costOf("responses", usageIn(answer)), 0n);
  const wallet = await walletOf(gateway.database, customer);
  expect(wallet).toEqual({ available: hold * BigInt(COVERED) - costs, held: 0n });
  const log = await eventually(async () => {
    const rows = await logOf(gateway.database, customer);
    expect(rows.filter((row) => row.outcome === "completed")).toHaveLength(completed.length);
    return rows;
  });
  expect(log.reduce((sum, row) => sum + row.cost, 0n)).toBe(costs);
  expect(bounds.samples()).toBeGreaterThan(10);
  expect((await verifyLedger(gateway.database.sql)).checks.filter((check) => !check.ok)).toEqual([]);
});

test("a request whose money others hold waits for it, and is served when it comes back", async () => {
  const hold = await holdOf(body);
  const customer = await customerWith(hold);
  const { control } = gateway.simulator;
  control.next({ gate: "before_headers" });
  const first = sendWhole(gateway.url, customer, { body });
  await control.until((counts) => counts.held === 1);
  const second = sendWhole(gateway.url, customer, { body: { ...body, max_output_tokens: 30_000 } });
  await eventually(async () =>
    expect(
      (await gateway.database.sql`select 1 from api_key_usage where key_id = ${customer.keyId} and reserved = ${hold.toString()}`).length,
    ).toBe(1),
  );
  control.release();
  expect((await first).status).toBe(200);
  expect((await second).status).toBe(200);
});

test("when waiting does not free the money the answer is wallet_busy, and nothing was sent upstream", async () => {
  const hold = await holdOf(body);
  const customer = await customerWith(hold);
  const { control, requests } = gateway.simulator;
  control.next({ gate: "before_headers" });
  const first = sendWhole(gateway.url, customer, { body });
  await control.until((counts) => counts.held === 1);
  const before = requests.length;
  const second = await sendWhole(gateway.url, customer, { body });
  expect(second.status).toBe(429);
  expect(second.headers["retry-after"]).toBeDefined();
  expect(second.json()).toMatchObject({
    error: { code: "rate_limit_exceeded", message: expect.stringContaining("held by running requests") as string },
  });
  expect(requests.length).toBe(before);
  control.release();
  await first;
});

test("two hundred requests of twenty wallets settle exactly, each on its own", async () => {
  const customers = await Promise.all(Array.from({ length: 20 }, () => walletCustomer(gateway, "30")));
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => customers.map((customer) => ({ customer, answer: sendWhole(gateway.url, customer, { body }) })))
      .flat()
      .map(async ({ customer, answer }) => ({ customer, answer: await answer })),
  );
  for (const customer of customers) {
    const costs = answers
      .filter((entry) => entry.customer === customer)
      .reduce((sum, { answer }) => sum + costOf("responses", usageIn(answer)), 0n);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: 30_000_000n - costs, held: 0n });
  }
});

/** What the gateway holds for this request. */
async function holdOf(request: object): Promise<bigint> {
  const customer = await walletCustomer(gateway);
  await sendWhole(gateway.url, customer, { body: request });
  const [row] = await logOf(gateway.database, customer);
  return row?.holdAmount ?? 0n;
}

function customerWith(amount: bigint): Promise<TestCustomer> {
  return testCustomer(gateway.database.orm, { creditUsd: formatUsd(microUsd(amount)).replace("$", "") });
}

/** Looks at the wallet all the time, over a connection of its own. */
function watchBounds(customer: TestCustomer, total: bigint): { stop(): Promise<void>; samples(): number } {
  const { sql } = gateway.database.connect();
  const over = new AbortController();
  let samples = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const [row] = await sql<
        { available: string; held: string }[]
      >`select available, held from wallets where user_id = ${customer.userId}`;
      const [available, held] = [BigInt(row?.available ?? -1), BigInt(row?.held ?? -1)];
      if (available < 0n || held < 0n || available + held > total) throw new Error(`out of bounds: ${available} available, ${held} held`);
      samples += 1;
    }
  })();
  return {
    samples: () => samples,
    stop: () => {
      over.abort();
      return watching;
    },
  };
}
