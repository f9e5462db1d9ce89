import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { countOutputTokens } from "@/lib/metering/estimate";
import type { TestCustomer } from "@/tests/factories/customer";
import { sendWhole, textIn } from "@/tests/factories/exchange";
import {
  alarmsOf,
  CHAT_MODEL,
  loggedOf,
  logOf,
  MODEL,
  movedBy,
  testGateway,
  walletCustomer,
  walletOf,
  type RequestLog,
  type TestGateway,
} from "@/tests/factories/gateway";
import { serverError } from "@/workers/simulator/openai/refusals";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());
beforeEach(async () => {
  gateway.simulator.control.always(null);
  // A run of missing usages must not trip the provider off under the tests that come after.
  await gateway.database.sql`update providers set usage_missing_count = 0`;
});

const CREDIT = 20_000_000n;
const TEXT = "the quick brown fox jumps over the lazy dog";
const wires = [
  { wire: "responses" as const, path: "/v1/responses", body: { model: MODEL, input: `say: ${TEXT}` } },
  {
    wire: "chat" as const,
    path: "/v1/chat/completions",
    body: { model: CHAT_MODEL, messages: [{ role: "user", content: `say: ${TEXT}` }] },
  },
];

/** What its quoted input is charged when nothing else is known: its forwarded bytes at the input rate. */
const inputAmount = (row: RequestLog) => BigInt(row.requestBytes) * 5n;

async function only(customer: TestCustomer): Promise<RequestLog> {
  const [row] = await loggedOf(gateway.database, customer, 1);
  return row as RequestLog;
}

describe.each(wires)("$wire", ({ path, body }) => {
  const streamed = (customer: TestCustomer) => sendWhole(gateway.url, customer, { path, body: { ...body, stream: true } });
  const whole = (customer: TestCustomer) => sendWhole(gateway.url, customer, { path, body });

  test("refused by the provider: free", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ refuse: serverError(500) });
    expect((await streamed(customer)).status).toBe(503);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT, held: 0n });
    expect(await only(customer)).toMatchObject({
      outcome: "failed",
      status: 503,
      cost: 0n,
      attempts: [{ outcome: "declined", upstreamStatus: 500 }],
    });
  });

  test("no answer after the body was sent: free for the customer, the operator's possible loss", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ cut: "before_headers" });
    expect((await streamed(customer)).status).toBe(503);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT, held: 0n });
    const row = await only(customer);
    expect(row).toMatchObject({ cost: 0n, attempts: [{ outcome: "ambiguous", providerCost: inputAmount(row) }] });
    expect((await movedBy(gateway.database, row.id))["void"]).toMatchObject({
      operator_loss: -inputAmount(row),
      provider_payable: inputAmount(row),
    });
  });

  test("cut before its first content: the input, estimated, and a plain error that may be tried again", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ cut: { afterEvents: 1 } });
    const answer = await streamed(customer);
    expect(answer.status).toBe(503);
    const row = await only(customer);
    expect(row).toMatchObject({
      outcome: "interrupted",
      status: 503,
      usageEstimated: true,
      cost: inputAmount(row),
      attempts: [{ outcome: "ambiguous", reason: "cut_before_content" }],
    });
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - row.cost, held: 0n });
  });

  test("cut after content: the input and the output that was seen, estimated, and told in the stream", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ cut: { afterEvents: 12, midEvent: true } });
    const answer = await streamed(customer);
    expect(await answer.ended).toBe("whole");
    const said = textIn(answer);
    expect(TEXT.startsWith(said) && said.length > 5).toBe(true);
    const last = answer.events().at(-1);
    expect(last?.type ?? "error").toMatch(/^(response\.failed|error)$/);
    expect(answer.text()).not.toContain("[DONE]");
    const row = await only(customer);
    expect(row).toMatchObject({ outcome: "interrupted", usageEstimated: true, outputTokens: await countOutputTokens(said) });
    expect(row.cost).toBe(inputAmount(row) + BigInt(row.outputTokens) * 30n);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - row.cost, held: 0n });
  });

  test("whole but without usage: the input and the output that was seen, estimated, and the answer is the client's", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ usage: "omit" });
    const answer = await streamed(customer);
    expect(answer.text()).toMatch(/response\.completed|\[DONE\]/);
    const row = await only(customer);
    expect(row).toMatchObject({
      outcome: "completed",
      usageEstimated: true,
      usageFlags: ["missing"],
      outputTokens: await countOutputTokens(TEXT),
    });
    expect(row.cost).toBe(inputAmount(row) + BigInt(row.outputTokens) * 30n);
  });

  test("a whole JSON answer without usage is charged the same way", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ usage: "omit" });
    expect((await whole(customer)).status).toBe(200);
    const row = await only(customer);
    expect(row).toMatchObject({ outcome: "completed", usageEstimated: true });
    expect(row.cost).toBe(inputAmount(row) + BigInt(row.outputTokens) * 30n);
  });

  test("a JSON answer that is cut: the input, estimated, and an error instead of half an answer", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ cut: { afterEvents: 0 } });
    const answer = await whole(customer);
    expect(answer.status).toBe(503);
    const row = await only(customer);
    expect(row).toMatchObject({
      outcome: "interrupted",
      usageEstimated: true,
      cost: inputAmount(row),
      attempts: [{ outcome: "ambiguous", reason: "cut_in_answer" }],
    });
  });

  test("failed by the provider before content, with nothing reported: free", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ fail: { code: "server_error", message: "broken", when: "before_content" } });
    expect((await streamed(customer)).status).toBe(503);
    expect(await only(customer)).toMatchObject({ cost: 0n, usageEstimated: false });
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT, held: 0n });
  });

  test("failed by the provider after content: what was given, estimated", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ fail: { code: "server_error", message: "broken", when: "after_content" } });
    await streamed(customer);
    const row = await only(customer);
    expect(row).toMatchObject({ outcome: "failed", usageEstimated: true });
    expect(row.cost).toBeGreaterThan(inputAmount(row));
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - row.cost, held: 0n });
  });
});

const odd = [
  {
    what: "cached above input",
    usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 500 }, output_tokens: 10 },
    flag: "cached_above_input",
    cost: 50n + 300n,
  },
  {
    what: "reasoning above output",
    usage: { input_tokens: 100, output_tokens: 10, output_tokens_details: { reasoning_tokens: 64 } },
    flag: "reasoning_above_output",
    cost: 500n + 300n,
  },
  { what: "negative", usage: { input_tokens: -5, output_tokens: 10 }, flag: "negative", cost: 300n },
  { what: "not whole", usage: { input_tokens: 10.2, output_tokens: 10 }, flag: "not_integer", cost: 55n + 300n },
];
test.each(odd)("usage that is $what is charged within reason, kept raw and flagged", async ({ usage, flag, cost }) => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ usage });
  await sendWhole(gateway.url, customer, { body: { ...wires[0]?.body, stream: true } });
  const row = await only(customer);
  expect(row).toMatchObject({ outcome: "completed", cost, usageFlags: expect.arrayContaining([flag]) as string[], usageRaw: usage });
});

test.each([Number.MAX_SAFE_INTEGER, 1e300])(
  "usage of %s tokens charges the hold and no more; the rest is the operator's, by name and with an alarm",
  async (tokens) => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ usage: { output_tokens: tokens } });
    expect((await sendWhole(gateway.url, customer, { body: { ...wires[0]?.body, stream: true } })).text()).toContain("response.completed");
    const row = await only(customer);
    expect(row.cost).toBe(row.holdAmount);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - row.cost, held: 0n });
    const settle = (await movedBy(gateway.database, row.id))["settle"];
    expect(settle?.["operator_loss"]).toBe(-((settle?.["provider_payable"] ?? 0n) - row.cost));
    expect(settle?.["operator_loss"]).toBeLessThan(0n);
    await eventually(async () =>
      expect(await alarmsOf(gateway.database, "usage_above_hold")).toMatchObject([{ subject: gateway.providerId }]),
    );
  },
);

test("text that Postgres cannot store does not keep an answer from being settled", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ servedModel: "gpt-\u0000\ud800", usage: { note: "\u0000" } });
  const answer = await sendWhole(gateway.url, customer, { body: { ...wires[0]?.body, stream: true } });
  expect(answer.text()).toContain("response.completed");
  expect(await only(customer)).toMatchObject({ outcome: "completed", usageRaw: null });
  const refused = await sendWhole(gateway.url, customer, { body: '{"model":"gpt-\\u0000\\ud800","input":"x"}' });
  expect(refused.status).toBe(400);
  await eventually(async () => expect(await logOf(gateway.database, customer)).toHaveLength(2));
  expect(await gateway.database.sql`select 1 from parked_settlements`).toHaveLength(0);
});
