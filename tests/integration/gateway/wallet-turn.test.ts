import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { send, sendWhole, textIn, usageIn } from "@/tests/factories/exchange";
import {
  CHAT_MODEL,
  costOf,
  logOf,
  MODEL,
  movedBy,
  testGateway,
  walletCustomer,
  walletOf,
  type TestGateway,
} from "@/tests/factories/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.always(null));

const CREDIT = 20_000_000n;
const responsesBody = { model: MODEL, input: "say: the answer is forty-two" };
const chatBody = { model: CHAT_MODEL, messages: [{ role: "user", content: "say: the answer is forty-two" }] };
const wires = [
  { wire: "responses" as const, path: "/v1/responses", body: responsesBody },
  { wire: "chat" as const, path: "/v1/chat/completions", body: chatBody },
];

describe.each(wires)("$wire", ({ wire, path, body }) => {
  test("a streamed turn is logged and debited to the micro-dollar", async () => {
    const customer = await walletCustomer(gateway);
    const answer = await sendWhole(gateway.url, customer, {
      path,
      body: { ...body, stream: true, stream_options: wire === "chat" ? { include_usage: true } : undefined },
    });
    expect(answer.status).toBe(200);
    const charged = costOf(wire, usageIn(answer));
    expect(charged).toBeGreaterThan(0n);
    await expectCharged(customer, { charged, stream: true });
  });

  test("a whole JSON turn is logged and debited to the micro-dollar", async () => {
    const customer = await walletCustomer(gateway);
    const answer = await sendWhole(gateway.url, customer, { path, body });
    expect(answer.status).toBe(200);
    expect(answer.text()).toContain("forty-two");
    await expectCharged(customer, { charged: costOf(wire, answer.json()["usage"]), stream: false });
  });

  test("the terminal waits for the commit, and the content does not", async () => {
    const customer = await walletCustomer(gateway);
    const other = gateway.database.connect();
    const answer = await other.sql.begin(async (tx) => {
      gateway.simulator.control.next({ gate: { afterEvents: 5 } });
      const running = await send(gateway.url, customer, { path, body: { ...body, stream: true } });
      await running.until((exchange) => exchange.events().length >= 3);
      await tx`lock table transfers in share mode`;
      gateway.simulator.control.release();
      await running.until((exchange) => textIn(exchange).includes("forty-two"));
      // The settlement is what waits now.
      await eventually(async () => {
        const waiting =
          await other.sql`select 1 from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'transfers' and not l.granted`;
        expect(waiting.length).toBeGreaterThan(0);
      });
      expect(running.text()).not.toContain("response.completed");
      expect(running.text()).not.toContain('"finish_reason":"stop"');
      expect((await walletOf(gateway.database, customer)).held).toBeGreaterThan(0n);
      return running;
    });
    expect(await answer.ended).toBe("whole");
    expect(answer.text()).toContain(wire === "responses" ? "response.completed" : "[DONE]");
    expect((await walletOf(gateway.database, customer)).held).toBe(0n);
  });

  test("a JSON answer waits for the commit as a whole", async () => {
    const customer = await walletCustomer(gateway);
    const other = gateway.database.connect();
    gateway.simulator.control.next({ gate: "before_headers" });
    const reply = send(gateway.url, customer, { path, body });
    await gateway.simulator.control.until((counts) => counts.held === 1);
    let answered = false;
    void reply.then(() => (answered = true));
    await other.sql.begin(async (tx) => {
      await tx`lock table transfers in share mode`;
      gateway.simulator.control.release();
      await eventually(async () => {
        const waiting =
          await other.sql`select 1 from pg_locks l join pg_class c on c.oid = l.relation where c.relname = 'transfers' and not l.granted`;
        expect(waiting.length).toBeGreaterThan(0);
      });
      expect(answered).toBe(false);
    });
    expect((await reply).status).toBe(200);
  });
});

test("a chat client that did not ask for usage gets none, and is charged exactly all the same", async () => {
  const customer = await walletCustomer(gateway);
  const answer = await sendWhole(gateway.url, customer, { path: "/v1/chat/completions", body: { ...chatBody, stream: true } });
  expect(usageIn(answer)).toBeUndefined();
  expect(answer.events().every((event) => (event["choices"] as unknown[]).length === 1)).toBe(true);
  const [row] = await logOf(gateway.database, customer);
  expect(row).toMatchObject({
    outcome: "completed",
    usageEstimated: false,
    edits: expect.arrayContaining([expect.stringContaining("include_usage")]),
  });
  expect((await walletOf(gateway.database, customer)).available).toBe(CREDIT - (row?.cost ?? 0n));
});

test("cached input is charged at its own rate", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({
    usage: {
      input_tokens: 1000,
      input_tokens_details: { cached_tokens: 600 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 3 },
    },
  });
  await sendWhole(gateway.url, customer, { body: { ...responsesBody, input: "x".repeat(2000), stream: true } });
  const [row] = await logOf(gateway.database, customer);
  expect(row).toMatchObject({
    freshInputTokens: 400,
    cachedInputTokens: 600,
    outputTokens: 7,
    reasoningTokens: 3,
    cost: 2000n + 300n + 210n,
  });
});

test("a web search is charged per call", async () => {
  const customer = await walletCustomer(gateway);
  const answer = await sendWhole(gateway.url, customer, {
    body: { model: MODEL, input: "search: weather", tools: [{ type: "web_search" }], stream: true },
  });
  const [row] = await logOf(gateway.database, customer);
  expect(row).toMatchObject({ webSearchCalls: 1, cost: costOf("responses", usageIn(answer), 1) });
});

test("a tool call's arguments are content and its end is charged once", async () => {
  const customer = await walletCustomer(gateway);
  const tools = [{ type: "function", name: "look", parameters: { type: "object", properties: {} } }];
  const answer = await sendWhole(gateway.url, customer, { body: { model: MODEL, input: 'call: look {"at":"it"}', tools, stream: true } });
  expect(answer.text()).toContain("response.function_call_arguments.done");
  await expectCharged(customer, { charged: costOf("responses", usageIn(answer)), stream: true });
});

test("an upstream that sends its terminal twice is charged once, and the client sees one", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ duplicateTerminal: true });
  const answer = await sendWhole(gateway.url, customer, { body: { ...responsesBody, stream: true } });
  expect(answer.events().filter((event) => event.type === "response.completed")).toHaveLength(1);
  await expectCharged(customer, { charged: costOf("responses", usageIn(answer)), stream: true });
});

test("an event of a hundred kilobytes passes", async () => {
  const customer = await walletCustomer(gateway, "60");
  gateway.simulator.control.next({ hugeEventBytes: 120_000 });
  const answer = await sendWhole(gateway.url, customer, { body: { ...responsesBody, stream: true } });
  expect(await answer.ended).toBe("whole");
  expect(answer.events().at(-1)).toMatchObject({ type: "response.completed" });
});

async function expectCharged(
  customer: Awaited<ReturnType<typeof walletCustomer>>,
  wanted: { charged: bigint; stream: boolean },
): Promise<void> {
  const { charged, stream } = wanted;
  const [row, ...more] = await logOf(gateway.database, customer);
  if (!row) throw new Error("nothing on the log");
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    outcome: "completed",
    status: 200,
    stream,
    cost: charged,
    costOnWallet: charged,
    usageEstimated: false,
    laneId: customer.walletLaneId,
    providerId: gateway.providerId,
  });
  expect(row.attempts).toMatchObject([{ attemptNo: 1, outcome: "answered", upstreamStatus: 200, cost: charged, providerCost: charged }]);
  expect(row.decisions).toMatchObject([{ laneId: customer.walletLaneId, decision: "answered" }]);
  const hold = row.holdAmount ?? 0n;
  expect(await movedBy(gateway.database, row.id)).toEqual({
    hold: { available: -hold, held: hold },
    settle: { held: -hold, available: hold - charged, revenue: charged, provider_cost: -charged, provider_payable: charged },
  });
  expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - charged, held: 0n });
}
