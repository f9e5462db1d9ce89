import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import type { TestCustomer } from "@/tests/factories/customer";
import { databaseProxy } from "@/tests/factories/database-proxy";
import { send, sendWhole, usageIn } from "@/tests/factories/exchange";
import { CHAT_MODEL, costOf, logOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";

const proxy = databaseProxy();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ databaseProxy: proxy.front, timings: { settleWaitMs: 3_000, silenceMs: 100, replayMs: 100 } });
});
afterAll(async () => {
  await gateway.close();
  proxy.close();
});
beforeEach(() => {
  gateway.simulator.control.always(null);
  proxy.up();
});

const CREDIT = 20_000_000n;
const TEXT = "settled once, in the end";
const body = { model: MODEL, input: `say: ${TEXT}`, stream: true };
const CODEX = { originator: "codex_exec", "user-agent": "codex_exec/0.169.0" };
const journal = () => readdirSync(path.join(gateway.dataDir, "journal")).filter((name) => !name.endsWith(".tmp"));

async function expectChargedOnce(customer: TestCustomer, count = 1): Promise<bigint> {
  const rows = await eventually(async () => {
    const found = await logOf(gateway.database, customer);
    expect(found.filter((row) => row.outcome === "completed")).toHaveLength(count);
    return found;
  });
  const cost = rows.reduce((sum, row) => sum + row.cost, 0n);
  expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - cost, held: 0n });
  return cost;
}

describe("the answer to a commit is lost", () => {
  test("of a settlement: the work is recognised when it is sent again, and charged once", async () => {
    const customer = await walletCustomer(gateway);
    proxy.loseAnswers('"providerCost"', 3);
    const answers = await Promise.all(Array.from({ length: 8 }, () => sendWhole(gateway.url, customer, { body })));
    expect(proxy.toLose).toBe(0);
    for (const answer of answers) expect(answer.events().at(-1)).toMatchObject({ type: "response.completed" });
    expect(await expectChargedOnce(customer, 8)).toBe(answers.reduce((sum, answer) => sum + costOf("responses", usageIn(answer)), 0n));
  });

  test("of an admission: one hold, one place, one request of the minute", async () => {
    const customer = await walletCustomer(gateway);
    proxy.loseAnswers('"inputAmount"', 2);
    expect((await sendWhole(gateway.url, customer, { body })).events().at(-1)).toMatchObject({ type: "response.completed" });
    expect(proxy.toLose).toBe(0);
    await expectChargedOnce(customer);
    const [usage] = await gateway.database.sql`select minute_count, reserved from api_key_usage where key_id = ${customer.keyId}`;
    expect(usage).toEqual({ minute_count: 1, reserved: "0" });
  });

  test("of an admission, and the database stays away: refused, and the hold that was placed unheard is given back", async () => {
    const customer = await walletCustomer(gateway);
    proxy.loseAnswers('"inputAmount"', 1, "down");
    const asked = gateway.simulator.requests.length;
    const refused = await sendWhole(gateway.url, customer, { body: { ...body, stream: false } });
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ error: { message: expect.stringContaining("database is not available") as string } });
    expect(gateway.simulator.requests.length).toBe(asked);
    expect((await walletOf(gateway.database, customer)).held).toBeGreaterThan(0n);
    proxy.up();
    await eventually(async () => expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT, held: 0n }));
    expect(await gateway.database.sql`select 1 from admissions where user_id = ${customer.userId}`).toHaveLength(0);
  });
});

describe("the database is away at the terminal", () => {
  const wires = [
    { wire: "responses", path: "/v1/responses", body, again: /Please try again in \d+s/ },
    {
      wire: "chat",
      path: "/v1/chat/completions",
      body: { model: CHAT_MODEL, messages: [{ role: "user", content: `say: ${TEXT}` }], stream: true },
      again: /could not be booked yet/,
    },
  ];

  test.each(wires)(
    "$wire: content and signs of life go on, then the client is told to try again; the charge is kept on disk and made once",
    async ({ path: url, body: sent, again }) => {
      const customer = await walletCustomer(gateway);
      gateway.simulator.control.next({ gate: { afterEvents: 6 } });
      const running = await send(gateway.url, customer, { path: url, body: sent, headers: CODEX });
      await running.until((exchange) => exchange.events().length >= 4);
      proxy.down();
      gateway.simulator.control.release();
      await running.until((exchange) => exchange.text().includes("keepalive"));
      expect(await running.ended).toBe("whole");
      expect(running.text()).toMatch(again);
      expect(running.text()).not.toMatch(/response\.completed|"finish_reason":"stop"|\[DONE\]/);
      expect(journal()).toHaveLength(1);
      expect((await walletOf(gateway.database, customer)).held).toBeGreaterThan(0n);
      proxy.up();
      await eventually(() => expect(journal()).toHaveLength(0));
      await expectChargedOnce(customer);
    },
  );

  test("JSON: an error instead of an answer that is not on the ledger", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers" });
    const running = sendWhole(gateway.url, customer, { body: { ...body, stream: false } });
    const started = await Promise.race([gateway.simulator.control.until((counts) => counts.held === 1), running]);
    expect(started).toBeUndefined();
    proxy.down();
    gateway.simulator.control.release();
    const answer = await running;
    expect(answer.status).toBe(503);
    expect(answer.text()).not.toContain(TEXT);
    proxy.up();
    await eventually(() => expect(journal()).toHaveLength(0));
    await expectChargedOnce(customer);
  });

  test("for less than the wait: nobody notices", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: { afterEvents: 6 } });
    const running = await send(gateway.url, customer, { body });
    await running.until((exchange) => exchange.events().length >= 4);
    proxy.down();
    gateway.simulator.control.release();
    await running.until((exchange) => exchange.text().includes("response.output_item.done"));
    proxy.up();
    expect(await running.ended).toBe("whole");
    expect(running.events().at(-1)).toMatchObject({ type: "response.completed" });
    await expectChargedOnce(customer);
  });

  test("a revoked key is refused again after the line that tells of revocations was broken", async () => {
    const customer = await walletCustomer(gateway);
    const models = () => sendWhole(gateway.url, customer, { method: "GET", path: "/v1/models" });
    expect((await models()).status).toBe(200);
    proxy.down();
    await gateway.database.sql`update api_keys set revoked_at = now() where id = ${customer.keyId}`;
    proxy.up();
    await eventually(async () => expect((await models()).status).toBe(401));
  });
});
