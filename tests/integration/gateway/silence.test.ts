import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  CHAT_MODEL,
  costOf,
  logOf,
  MODEL,
  addOwnLane,
  testGateway,
  walletCustomer,
  walletOf,
  type TestGateway,
} from "@/tests/factories/gateway";
import type { TestCustomer } from "@/tests/factories/customer";
import { responseIn, send, sendWhole, usageIn } from "@/tests/factories/exchange";
import { serverError } from "@/workers/simulator/openai/refusals";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ timings: { silenceMs: 60 }, env: { STREAM_DEADLINE_S: "20" } });
});
afterAll(() => gateway.close());
beforeEach(() => {
  gateway.simulator.control.always(null);
  gateway.ownSimulator.control.always(null);
});

const CODEX = { originator: "codex_exec", "user-agent": "codex_exec/0.169.0" };
const body = { model: MODEL, input: "say: after a long silence", stream: true };
const chatBody = { model: CHAT_MODEL, messages: [{ role: "user" as const, content: "say: after a long silence" }], stream: true as const };
const sdk = (customer: TestCustomer) => new OpenAI({ apiKey: customer.secret, baseURL: `${gateway.url}/v1`, maxRetries: 0 });

describe("responses", () => {
  test("upstream silent: we announce a response ourselves, keep it alive, and upstream's events continue it", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers" });
    const running = await send(gateway.url, customer, { body, headers: CODEX });
    await running.until((exchange) => exchange.events().length >= 3);
    gateway.simulator.control.release();
    expect(await running.ended).toBe("whole");
    const events = running.events();
    expect(events[0]).toMatchObject({ type: "response.created", sequence_number: 0, response: { status: "in_progress", output: [] } });
    expect(events[1]).toMatchObject({ type: "response.in_progress", sequence_number: 1 });
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(events.filter((event) => event.type === "response.created")).toHaveLength(1);
    const ids = events.flatMap((event) => (event["response"] as { id?: string } | undefined)?.id ?? []);
    expect(new Set(ids).size).toBe(1);
    expect(events.at(-1)).toMatchObject({ type: "response.completed" });
    const [row] = await logOf(gateway.database, customer);
    expect(row?.cost).toBe(costOf("responses", usageIn(running)));
  });

  test("the SDK's stream helper understands it, and gives the final response", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers" });
    const stream = sdk(customer).responses.stream({ model: MODEL, input: body.input });
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "response.in_progress") gateway.simulator.control.release();
    }
    expect((await stream.finalResponse()).output_text).toBe("after a long silence");
    expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
  });

  test("silence behind upstream's own preamble is filled the same way", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: { afterEvents: 2 } });
    const running = await send(gateway.url, customer, { body, headers: CODEX });
    await running.until((exchange) => exchange.events().length >= 3);
    gateway.simulator.control.release();
    await running.ended;
    expect(running.events().filter((event) => event.type === "response.created")).toHaveLength(1);
    expect(running.events().at(-1)).toMatchObject({ type: "response.completed" });
  });

  test("silence inside an answer keeps Codex alive with data, others with comments, and changes no event", async () => {
    // Longer than a busy machine takes to admit a request: this is about silence after the first content, not before it.
    const patient = await testGateway({ timings: { silenceMs: 700 } });
    onTestFinished(() => patient.close());
    const customer = await walletCustomer(patient);
    for (const [headers, sign] of [
      [CODEX, 'data: {"type":"keepalive"}'],
      [{}, ": keep-alive"],
    ] as const) {
      patient.simulator.control.next({ gate: { afterEvents: 8 } });
      const running = await send(patient.url, customer, { body, headers });
      await running.until((exchange) => exchange.text().split(sign).length > 2);
      patient.simulator.control.release();
      expect(await running.ended).toBe("whole");
      const events = running.events().filter((event) => event.type !== "keepalive");
      expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
      expect(events.at(-1)).toMatchObject({ type: "response.completed" });
    }
  });

  test("a failure after we spoke first ends the response that we announced", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers", refuse: serverError(500) });
    const running = await send(gateway.url, customer, { body, headers: CODEX });
    await running.until((exchange) => exchange.events().length >= 2);
    gateway.simulator.control.release();
    expect(await running.ended).toBe("whole");
    const events = running.events();
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      sequence_number: events.length - 1,
      response: {
        id: responseIn(events[0])["id"],
        error: { code: "rate_limit_exceeded", message: expect.stringMatching(/try again in \d+s/) as string },
      },
    });
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ outcome: "failed", cost: 0n });
  });

  test("a refusal after we spoke first is told in the stream, not by a status", async () => {
    const customer = await walletCustomer(gateway, "0.13");
    gateway.simulator.control.next({ gate: "before_headers" });
    const first = send(gateway.url, customer, { body: { ...body, max_output_tokens: 4_200 }, headers: CODEX });
    await gateway.simulator.control.until((counts) => counts.held === 1);
    // Waits for the money that the first one holds, longer than the silence.
    const second = await send(gateway.url, customer, { body: { ...body, max_output_tokens: 4_200 }, headers: CODEX });
    await second.until((exchange) => exchange.events().length >= 1);
    expect(second.status).toBe(200);
    gateway.simulator.control.release();
    await (
      await first
    ).ended;
    expect(await second.ended).toBe("whole");
    expect(second.events()[0]).toMatchObject({ type: "response.created" });
  });

  test("the lane that comes second continues what we announced before the first one failed", async () => {
    const customer = await walletCustomer(gateway);
    await addOwnLane(gateway, customer);
    gateway.ownSimulator.control.next({ gate: "before_headers", refuse: serverError(500) });
    const running = await send(gateway.url, customer, { body });
    await running.until((exchange) => exchange.events().length >= 2);
    gateway.ownSimulator.control.release();
    expect(await running.ended).toBe("whole");
    const events = running.events();
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(events.at(-1)).toMatchObject({ type: "response.completed" });
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ laneKind: "wallet", outcome: "completed" });
  });

  test("cut after we spoke first and before content: told in the stream, charged its input", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers", cut: { afterEvents: 1 } });
    const running = await send(gateway.url, customer, { body });
    await running.until((exchange) => exchange.events().length >= 1);
    gateway.simulator.control.release();
    await running.ended;
    expect(running.events().at(-1)).toMatchObject({ type: "response.failed" });
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({ outcome: "interrupted", usageEstimated: true });
    expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n - (row?.cost ?? 0n), held: 0n });
  });
});

describe("chat", () => {
  test("upstream silent: empty deltas come first, and the SDK's helper gives the whole answer", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers" });
    const stream = sdk(customer).chat.completions.stream(chatBody);
    const deltas: object[] = [];
    for await (const chunk of stream) {
      deltas.push(chunk.choices[0]?.delta ?? {});
      gateway.simulator.control.release();
    }
    expect(deltas[0]).toEqual({});
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe("after a long silence");
  });

  test("a failure after we spoke first is an error event, and the stream ends without [DONE]", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ gate: "before_headers", refuse: serverError(500) });
    const running = await send(gateway.url, customer, { path: "/v1/chat/completions", body: chatBody });
    await running.until((exchange) => exchange.events().length >= 1);
    gateway.simulator.control.release();
    await running.ended;
    expect(running.events().at(-1)).toMatchObject({ error: { code: "server_error" } });
    expect(running.text()).not.toContain("[DONE]");
  });
});

test("an answer that outlasts the deadline is ended, told and charged for what it gave", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ hang: { afterEvents: 8 } });
  const answer = await sendWhole(gateway.url, customer, { body, headers: CODEX });
  expect(answer.events().at(-1)).toMatchObject({ type: "response.failed" });
  const [row] = await logOf(gateway.database, customer);
  expect(row).toMatchObject({ outcome: "interrupted", usageEstimated: true });
  expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n - (row?.cost ?? 0n), held: 0n });
  expect(row?.cost).toBeGreaterThan(0n);
});
