import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addCodexLane, type TestCodexLane } from "@/tests/factories/codex-lane";
import type { TestCustomer } from "@/tests/factories/customer";
import { responseIn, send, sendWhole, textIn, type Exchange } from "@/tests/factories/exchange";
import { addOwnLane, CHAT_MODEL, logOf, MODEL, testGateway, walletCustomer, type TestGateway } from "@/tests/factories/gateway";
import { RUNNER_SECRET, startScriptedRunner, type ScriptedRunner, type ScriptedTurn } from "@/tests/factories/scripted-runner";

let gateway: TestGateway;
let runner: ScriptedRunner;
beforeAll(async () => {
  runner = await startScriptedRunner();
  gateway = await testGateway({ env: { RUNNER_SECRET } });
});
afterAll(async () => {
  await gateway.close();
  await runner.close();
});
beforeEach(() => {
  runner.turns.length = 0;
});

const CODEX = { originator: "codex_exec", "user-agent": "codex_exec/0.169.0" };
const body = { model: MODEL, input: "say: from the paid lane", stream: true };
const chatBody = { model: CHAT_MODEL, messages: [{ role: "user" as const, content: "say: hello" }], stream: true as const };
const sdk = (customer: TestCustomer) => new OpenAI({ apiKey: customer.secret, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
const placesIn = (exchange: Exchange) =>
  exchange.events().flatMap((event) => {
    const { metadata } = responseIn(event) as { metadata?: { switchyard_queue_place?: string } };
    const chat = event["switchyard"] as { queue_place: number } | undefined;
    return metadata?.switchyard_queue_place ?? chat?.queue_place ?? [];
  });

/** A customer whose only account has a line; the turn that stands in it comes back once it does. */
async function inLine(): Promise<{ customer: TestCustomer; lane: TestCodexLane; turn: Promise<ScriptedTurn> }> {
  const customer = await walletCustomer(gateway);
  const lane = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
  const turn = new Promise<ScriptedTurn>((resolve) => {
    runner.next(lane.accountId, (it) => {
      it.frame({ kind: "queued", place: 2 });
      resolve(it);
    });
  });
  return { customer, lane, turn };
}

describe("a streaming client in line", () => {
  test.each([
    ["an SDK", {}],
    ["Codex", CODEX],
  ])("%s hears a response of ours, then its place whenever it changes, then the answer as that same response", async (_who, headers) => {
    const { customer, turn } = await inLine();
    const waiting = await send(gateway.url, customer, { body, headers });
    await waiting.until((exchange) => placesIn(exchange).length === 1);
    const it = await turn;
    it.frame({ kind: "queued", place: 1 });
    await waiting.until((exchange) => placesIn(exchange).length === 2);
    it.frame({ kind: "running", queuedMs: 100 });
    it.answer("at last");
    expect(await waiting.ended).toBe("whole");
    const events = waiting.events();
    expect(events.slice(0, 3)).toMatchObject([
      { type: "response.created", sequence_number: 0 },
      { type: "response.in_progress", sequence_number: 1 },
      { type: "response.in_progress", sequence_number: 2 },
    ]);
    expect(placesIn(waiting)).toEqual(["2", "1"]);
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(events.filter((event) => event.type === "response.created")).toHaveLength(1);
    expect(new Set(events.flatMap((event) => (responseIn(event)["id"] as string | undefined) ?? [])).size).toBe(1);
    expect(textIn(waiting)).toBe("at last");
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({ laneKind: "codex", outcome: "completed" });
    expect(row?.queuedMs).toBeGreaterThan(0);
    expect(row?.attempts[0]?.queuedMs).toBe(row?.queuedMs);
  });

  test("the SDK's responses.stream() understands it", async () => {
    const { customer, turn } = await inLine();
    const stream = sdk(customer).responses.stream({ model: MODEL, input: body.input });
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "response.in_progress" && types.length === 2) (await turn).answer("after the line");
    }
    expect((await stream.finalResponse()).output_text).toBe("after the line");
    expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
  });

  test("so does its chat stream", async () => {
    const { customer, turn } = await inLine();
    const stream = sdk(customer).chat.completions.stream(chatBody);
    const deltas: unknown[] = [];
    for await (const chunk of stream) {
      deltas.push(chunk.choices[0]?.delta);
      if (deltas.length === 1) (await turn).answer("after the line");
    }
    expect(deltas[0]).toEqual({});
    expect((await stream.finalChatCompletion()).choices[0]?.message.content).toBe("after the line");
  });

  test("hears nothing of a line that it leaves at once: the answer is the runner's own, byte for byte", async () => {
    const customer = await walletCustomer(gateway);
    const lane = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
    let bytes = "";
    runner.next(lane.accountId, (it) => {
      it.frame({ kind: "queued", place: 1 });
      it.frame({ kind: "running", queuedMs: 1 });
      it.answer("at once");
      bytes = it.written();
    });
    expect((await sendWhole(gateway.url, customer, { body })).text()).toBe(bytes);
  });

  test("whose time in line is over is told so inside its stream, with a word to try again", async () => {
    const { customer, turn } = await inLine();
    const waiting = await send(gateway.url, customer, { body, headers: CODEX });
    await waiting.until((exchange) => placesIn(exchange).length === 1);
    (await turn).decline({ class: "busy", reason: "queue_deadline", message: "Its turn did not come in time." });
    expect(await waiting.ended).toBe("whole");
    expect(responseIn(waiting.events().at(-1))).toMatchObject({
      status: "failed",
      error: { code: "rate_limit_exceeded", message: expect.stringMatching(/did not come in time.*try again in \d+s/s) as string },
    });
  });

  test("gets the next lane's answer as that same response when the account turns out to be exhausted", async () => {
    const { customer, turn } = await inLine();
    await addOwnLane(gateway, customer, { position: 2 });
    const waiting = await send(gateway.url, customer, { body });
    await waiting.until((exchange) => placesIn(exchange).length === 1);
    (await turn).decline({ class: "exhausted" });
    expect(await waiting.ended).toBe("whole");
    expect(textIn(waiting)).toBe("from the paid lane");
    const events = waiting.events();
    expect(events.map((event) => event["sequence_number"])).toEqual(events.map((_, index) => index));
    expect(events.filter((event) => event.type === "response.created")).toHaveLength(1);
  });
});

test("a client that does not stream stands in line for a minute at most, a streaming one as long as the operator allows", async () => {
  const customer = await walletCustomer(gateway);
  await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
  await sendWhole(gateway.url, customer, { body: { ...body, stream: false } });
  await sendWhole(gateway.url, customer, { body });
  expect(runner.turns.map(({ ticket }) => ticket.queueMs)).toEqual([60_000, 300_000]);
});

test("a full line is told by status, before anything was sent", async () => {
  const customer = await walletCustomer(gateway);
  const lane = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
  runner.next(lane.accountId, (it) => it.decline({ class: "busy", reason: "queue_full", message: "The line is full." }));
  const refused = await sendWhole(gateway.url, customer, { body });
  expect(refused.status).toBe(429);
  expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
  expect(refused.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
});
