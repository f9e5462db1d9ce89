import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { databaseProxy } from "@/tests/factories/database-proxy";
import { send, sendWhole, textIn, type Exchange } from "@/tests/factories/exchange";
import { logOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";

/* An answer that is whole while the database is away: its client is told to come back, and coming back must not cost twice. */

const proxy = databaseProxy();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ databaseProxy: proxy.front, timings: { settleWaitMs: 400, replayMs: 60_000 } });
});
afterAll(async () => {
  await gateway.close();
  proxy.close();
});

const CREDIT = 20_000_000n;
const TEXT = "the same answer, booked once";

const sendings = [
  {
    kind: "a streamed turn of Codex",
    textOf: textIn,
    first: {
      body: { model: MODEL, input: `say: ${TEXT}`, stream: true, client_metadata: { at: "1" } },
      headers: {
        originator: "codex_exec",
        "x-codex-turn-metadata": JSON.stringify({ thread_id: "thread-1", turn_id: "turn-1", request_kind: "turn" }),
      },
    },
  },
  {
    kind: "a whole answer of an SDK",
    textOf: (answer: Exchange) => answer.text(),
    first: { body: { model: MODEL, input: `say: ${TEXT}`, stream: false }, headers: { "idempotency-key": "one-and-the-same" } },
  },
];

test.each(sendings)("$kind that is sent again gets the withheld answer and is charged once", async ({ first, textOf }) => {
  const customer = await walletCustomer(gateway);
  const { control, requests } = gateway.simulator;
  control.next({ gate: first.body.stream ? { afterEvents: 6 } : "before_headers" });
  const running = send(gateway.url, customer, first);
  await control.until((counts) => counts.held === 1);
  if (first.body.stream) await (await running).until((exchange) => exchange.events().length > 0);
  proxy.down();
  control.release();
  const told = await running;
  await told.ended;
  expect(told.text()).toMatch(/could not be booked yet/);
  const askedUpstream = requests.length;

  // The key is cached, so the gateway knows the client while the database is still away.
  const again = send(gateway.url, customer, first);
  proxy.up();
  const answer = await again;
  await answer.ended;
  expect(answer.text()).not.toMatch(/could not be booked yet/);
  expect(textOf(answer)).toContain(TEXT);
  expect(requests.length).toBe(askedUpstream);

  await eventually(async () => expect(await logOf(gateway.database, customer)).toHaveLength(1));
  const [row] = await logOf(gateway.database, customer);
  expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - (row?.cost ?? 0n), held: 0n });
});

test("a process that drains takes nothing new, and ends what it has", async () => {
  const draining = await testGateway();
  const customer = await walletCustomer(draining);
  draining.simulator.control.next({ gate: { afterEvents: 6 } });
  const running = await send(draining.url, customer, { body: { model: MODEL, input: `say: ${TEXT}`, stream: true } });
  await running.until((exchange) => exchange.events().length > 0);
  const drained = draining.runtime.gateway.drain(30_000);
  const refused = await sendWhole(draining.url, customer, { body: { model: MODEL, input: "hi" } });
  expect([refused.status, refused.json()]).toMatchObject([503, { error: { message: expect.stringContaining("restarting") as string } }]);
  draining.simulator.control.release();
  await drained;
  await running.ended;
  expect(running.events().at(-1)).toMatchObject({ type: "response.completed" });
  await draining.close();
});
