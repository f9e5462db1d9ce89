import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { failureText, lastMessage } from "@/tests/contract/harness/codex";
import { startCuttableProxy } from "@/tests/contract/harness/cuttable-proxy";
import { type Client, linesOf, logOnceWritten, type RecordedGateway, recordedGateway } from "@/tests/contract/harness/gateway-endpoint";
import { codexExec, sdkClient } from "@/tests/contract/harness/scenarios";
import { assertChatChunk, assertResponsesEvent } from "@/tests/contract/harness/schemas";
import { addOwnLane, CHAT_MODEL, MODEL, walletOf } from "@/tests/factories/gateway";
import type { Behaviour } from "@/workers/simulator/openai/behaviour";

/** Streams that do not run smoothly: silent, cut, failing half-way, or asked for as a WebSocket. */
const SILENCE_MS = 250;
/** Codex gives a stream up after this much silence; shorter than any wait in here. */
const CODEX_IDLE_MS = 4 * SILENCE_MS;
/** Signs of life that together take longer than Codex would wait without them. */
const SIGNS_OF_LIFE = 6;
const IDLE = { stream_idle_timeout_ms: String(CODEX_IDLE_MS) };
/** Behind `response.created`, `response.in_progress` and the beginning of the first item: nothing is finished yet. */
const BEFORE_ANY_ITEM: Behaviour = { gate: { afterEvents: 3 } };
/** In the middle of the answer's text; the reasoning item before it is finished. */
const IN_THE_TEXT = 8;

let gateway: RecordedGateway;
let client: Client;

beforeAll(async () => {
  gateway = await recordedGateway({ silenceMs: SILENCE_MS });
});

afterAll(() => gateway.close());

async function newClient(options?: { creditUsd: string }): Promise<Client> {
  client = await gateway.client(options);
  return client;
}

function replySoFar(): string {
  return gateway.callsOf(client).at(-1)?.replyBody.toString() ?? "";
}

/** Waits until the client has been sent this text so many times. */
async function heard(text: string, count: number): Promise<void> {
  await eventually(() => expect(replySoFar().split(text).length - 1).toBeGreaterThanOrEqual(count));
}

function calls(): string[] {
  return linesOf(gateway.callsOf(client));
}

describe("Codex", () => {
  test("that asks for a WebSocket is turned down once and goes on over HTTP", async () => {
    const { endpoint } = await newClient();
    const run = await codexExec(endpoint, { model: MODEL, prompt: "say: over http", provider: { supports_websockets: "true" } });
    expect(lastMessage(run)).toBe("over http");
    expect(calls()).toEqual(["GET /v1/responses 426", "POST /v1/responses 200"]);
  });

  test("waits for an upstream that is silent before it answers, for as long as we speak", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ gate: "before_headers" });
    const running = codexExec(endpoint, { model: MODEL, prompt: "say: at last", provider: IDLE });
    await heard("event: response.in_progress", SIGNS_OF_LIFE);
    gateway.simulator.control.release();
    expect(lastMessage(await running)).toBe("at last");
    expect(calls()).toEqual(["POST /v1/responses 200"]);
  });

  test("waits for an upstream that falls silent in its answer", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ gate: { afterEvents: IN_THE_TEXT } });
    const running = codexExec(endpoint, { model: MODEL, prompt: "say: a text of some more words", provider: IDLE });
    await heard('data: {"type":"keepalive"}', SIGNS_OF_LIFE);
    gateway.simulator.control.release();
    expect(lastMessage(await running)).toBe("a text of some more words");
    expect(calls()).toEqual(["POST /v1/responses 200"]);
  });

  test("whose connection breaks before an item was finished gets the same answer again, charged once", async () => {
    const { endpoint, customer } = await newClient();
    const proxy = await startCuttableProxy(gateway.port);
    onTestFinished(() => proxy.close());
    const upstreamBefore = gateway.simulator.requests.length;
    gateway.simulator.control.next(BEFORE_ANY_ITEM);
    const running = codexExec({ ...endpoint, baseUrl: `http://127.0.0.1:${proxy.port}/v1` }, { model: MODEL, prompt: "say: once" });
    await eventually(() => expect(proxy.sentBack()).toContain("event: response.output_item.added"));
    proxy.cut();
    await eventually(() => expect(proxy.connections()).toBe(2));
    gateway.simulator.control.release();
    const run = await running;
    expect(lastMessage(run)).toBe("once");
    expect(gateway.simulator.requests.length - upstreamBefore).toBe(1);
    const rows = await logOnceWritten(gateway, client, 1);
    expect(rows).toMatchObject([{ outcome: "completed", usageEstimated: false }]);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n - (rows[0]?.cost ?? 0n), held: 0n });
  });

  test("is told to try again when the upstream is cut in its answer, and then gets it", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ cut: { afterEvents: IN_THE_TEXT } });
    const run = await codexExec(endpoint, { model: MODEL, prompt: "say: a text of some more words" });
    expect(lastMessage(run)).toBe("a text of some more words");
    expect(calls()).toEqual(["POST /v1/responses 200", "POST /v1/responses 200"]);
    const rows = await logOnceWritten(gateway, client, 2);
    expect(rows).toMatchObject([
      { outcome: "interrupted", errorCode: "upstream_unavailable", usageEstimated: true },
      { outcome: "completed", errorCode: null, usageEstimated: false },
    ]);
  });

  test.each<[string, Behaviour, RegExp]>([
    ["our words, once, when upstream says no after we spoke", refused("invalid_value"), /^Upstream says no\.$/],
    [
      "that the context is full after we spoke",
      refused("context_length_exceeded"),
      /^Codex ran out of room in the model's context window\./,
    ],
  ])("is shown %s", async (_what, behaviour, text) => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ ...behaviour, gate: "before_headers" });
    const running = codexExec(endpoint, { model: MODEL, prompt: "hi" });
    await heard("event: response.created", 1);
    gateway.simulator.control.release();
    expect(failureText(await running)).toMatch(text);
    expect(calls()).toEqual(["POST /v1/responses 200"]);
  });

  test("is shown where to top up when the wallet covers only part of the answer", async () => {
    const { endpoint } = await newClient({ creditUsd: "1" });
    const run = await codexExec(endpoint, { model: MODEL, prompt: "tokens: 20000" });
    expect(failureText(run)).toMatch(/^Your wallet covered only part of this answer\. How to add credit: http:\S+\/dashboard\/wallet$/);
    expect(calls()).toEqual(["POST /v1/responses 200"]);
  });
});

describe("the SDK", () => {
  test("its stream helper puts together an answer that we opened ourselves", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ gate: "before_headers" });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    const stream = sdkClient(endpoint)
      .responses.stream({ model: MODEL, input: "say: a text of some more words" })
      .on("event", (event) => events.push(event));
    await heard("event: response.in_progress", 2);
    gateway.simulator.control.release();
    const response = await stream.finalResponse();
    expect(response.output_text).toBe("a text of some more words");
    for (const event of events) assertResponsesEvent(event);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(new Set(events.flatMap((event) => ("response" in event ? [event.response.id] : [])))).toEqual(new Set([response.id]));
  });

  test("its chat stream puts together an answer that we opened ourselves", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ gate: "before_headers" });
    const stream = sdkClient(endpoint)
      .chat.completions.stream({ model: CHAT_MODEL, messages: [{ role: "user", content: "say: a text of some more words" }] })
      .on("chunk", (chunk) => assertChatChunk(chunk));
    await heard("chat.completion.chunk", 2);
    gateway.simulator.control.release();
    expect(await stream.finalContent()).toBe("a text of some more words");
  });

  test("reads a valid response.failed when the upstream is cut in its answer", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ cut: { afterEvents: IN_THE_TEXT } });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await sdkClient(endpoint).responses.create({
      model: MODEL,
      input: "say: a text of some more words",
      stream: true,
    })) {
      assertResponsesEvent(event);
      events.push(event);
    }
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { error: { code: "server_error" } } });
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  });

  test("throws in a chat stream whose upstream is cut in its answer", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ cut: { afterEvents: IN_THE_TEXT } });
    const messages = [{ role: "user" as const, content: "say: a text of some more words" }];
    const stream = await sdkClient(endpoint).chat.completions.create({ model: CHAT_MODEL, messages, stream: true });
    const reading = (async () => {
      for await (const chunk of stream) assertChatChunk(chunk);
    })();
    await expect(reading).rejects.toBeInstanceOf(OpenAI.APIError);
    await expect(reading).rejects.toMatchObject({ code: "server_error" });
    expect(replySoFar()).not.toContain("[DONE]");
  });

  test("gets a plain 503 when the upstream fails before it says anything", async () => {
    const { endpoint } = await newClient();
    gateway.simulator.control.next({ fail: { code: "server_error", message: "boom", when: "before_content" } });
    const asked = sdkClient(endpoint).responses.create({ model: MODEL, input: "hi", stream: true });
    await expect(asked).rejects.toMatchObject({ status: 503, code: "server_error" });
  });

  test.each([
    ["our words for a failure of the operator's provider in its answer", false, "The upstream is overloaded right now. Try again shortly."],
    ["the upstream's own words when it is the customer's own", true, "boom"],
  ])("reads %s", async (_what, isOwn, message) => {
    const { endpoint, customer } = await newClient();
    if (isOwn) await addOwnLane(gateway, customer);
    const upstream = isOwn ? gateway.ownSimulator : gateway.simulator;
    upstream.control.next({ fail: { code: "server_error", message: "boom", when: "after_content" } });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await sdkClient(endpoint).responses.create({ model: MODEL, input: "say: half", stream: true })) {
      assertResponsesEvent(event);
      events.push(event);
    }
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { error: { code: "server_error", message } } });
  });
});

function refused(code: string): Behaviour {
  return { refuse: { status: 400, body: { error: { message: "Upstream says no.", type: "invalid_request_error", param: null, code } } } };
}
