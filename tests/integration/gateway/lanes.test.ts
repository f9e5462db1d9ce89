import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { lanes } from "@/db/schema/lanes";
import { withTransaction } from "@/db/transaction";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";
import { sendWhole } from "@/tests/factories/exchange";
import {
  addOwnLane,
  keyWith,
  loggedOf,
  logOf,
  MODEL,
  OWN_SECRET,
  testGateway,
  walletCustomer,
  walletOf,
  type TestGateway,
} from "@/tests/factories/gateway";
import { burst429, insufficientQuota, serverError, usageLimitReached } from "@/workers/simulator/openai/refusals";

let gateway: TestGateway;
let fixed: Server & { url: string; port: number };
/** Was there once, and is allowed still. */
let gone: Server & { url: string; port: number };
beforeAll(async () => {
  fixed = await fixedUpstream();
  gone = await fixedUpstream();
  gone.close();
  gateway = await testGateway({ upstreamPorts: [fixed.port, gone.port] });
});
afterAll(async () => {
  await gateway.close();
  fixed.closeAllConnections();
  fixed.close();
});
beforeEach(() => {
  gateway.simulator.control.always(null);
  gateway.ownSimulator.control.always(null);
});

const body = { model: MODEL, input: "say: hello from a lane", stream: true };
const post = (customer: Pick<TestCustomer, "secret">, more: object = {}, headers: Record<string, string> = {}) =>
  sendWhole(gateway.url, customer, { body: { ...body, ...more }, headers });
const laneOf = async (id: string) => (await gateway.database.orm.select().from(lanes).where(eq(lanes.id, id)))[0];
const CREDIT = { available: 20_000_000n, held: 0n };

async function ownThenWallet(options: { secret?: string } = {}): Promise<{ customer: TestCustomer; own: string }> {
  const customer = await walletCustomer(gateway);
  const own = await addOwnLane(gateway, customer, options);
  return { customer, own };
}

describe("the owner's order", () => {
  test("decides who answers; the log says so, with what it would have cost on the wallet", async () => {
    const { customer, own } = await ownThenWallet();
    const answer = await post(customer);
    expect(answer.headers["x-switchyard-lane"]).toBe("api_key");
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({ laneId: own, laneKind: "api_key", outcome: "completed", cost: 0n, holdId: null });
    expect(row?.costOnWallet).toBeGreaterThan(0n);
    expect(row?.decisions).toMatchObject([
      { laneId: own, decision: "answered" },
      { laneId: customer.walletLaneId, decision: "skipped", reason: "not_needed" },
    ]);
  });

  test("the customer's own key sends what the customer sent, and gets back what its upstream says", async () => {
    const { customer } = await ownThenWallet();
    const answer = await post(
      customer,
      { prompt_cache_key: "my key", user: "me" },
      { "openai-organization": "org-mine", "openai-project": "proj-mine" },
    );
    const sent = gateway.ownSimulator.requests.at(-1);
    expect(sent?.headers).toMatchObject({
      authorization: `Bearer ${OWN_SECRET}`,
      "openai-organization": "org-mine",
      "openai-project": "proj-mine",
    });
    expect(sent?.body.toString()).toBe(JSON.stringify({ ...body, prompt_cache_key: "my key", user: "me" }));
    expect(answer.headers["openai-organization"]).toBe("org-of-customer");
    expect(answer.headers["x-ratelimit-remaining-requests"]).toBe("9999");
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("a paused lane is passed over", async () => {
    const { customer, own } = await ownThenWallet();
    await withTransaction(gateway.database.orm, (tx) =>
      setLaneState(tx, { userId: customer.userId, laneId: own, to: { state: "paused" }, actor: OPERATOR }),
    );
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet"));
    expect((await logOf(gateway.database, customer)).at(-1)?.decisions).toMatchObject([{ reason: "paused" }, { decision: "answered" }]);
  });

  test("a key with an explicit lane set uses these lanes and no other, however much the others could", async () => {
    const { customer, own } = await ownThenWallet();
    const key = await keyWith(gateway, customer, { laneIds: [own] });
    expect((await post(key)).headers["x-switchyard-lane"]).toBe("api_key");
    gateway.ownSimulator.control.next({ refuse: usageLimitReached({ resetsAtS: inSeconds(900) }) });
    const refused = await post(key);
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ error: { code: "usage_limit_reached", resets_at: expect.any(Number) as number } });
    expect(refused.headers["x-should-retry"]).toBe("false");
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
  });

  test("what the wallet cannot take, the own key behind it does", async () => {
    const customer = await walletCustomer(gateway);
    const own = await addOwnLane(gateway, customer, { position: 2 });
    await post(customer, { tools: [{ type: "code_interpreter", container: { type: "auto" } }] });
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({
      laneId: own,
      decisions: [{ reason: "cannot", evidence: expect.stringContaining("code_interpreter") as string }, { decision: "answered" }],
    });
  });

  test("a wallet without money leaves the request to the lane behind it", async () => {
    const customer = await walletCustomer(gateway, "0.01");
    const own = await addOwnLane(gateway, customer, { position: 2 });
    expect((await post(customer)).status).toBe(200);
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({
      laneId: own,
      cost: 0n,
      decisions: [{ decision: "declined", reason: "wallet_empty" }, { decision: "answered" }],
    });
  });
});

describe("a lane that cannot go on", () => {
  test("is exhausted until its reset when its window is closed; the next lane answers, and it is first again after the reset", async () => {
    const { customer, own } = await ownThenWallet();
    const resetsAtS = inSeconds(3_600);
    gateway.ownSimulator.control.next({ refuse: usageLimitReached({ resetsAtS }) });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet");
    await eventually(async () =>
      expect(await laneOf(own)).toMatchObject({
        state: "exhausted",
        stateReason: "usage_limit_reached",
        stateUntil: new Date(resetsAtS * 1000),
      }),
    );
    const [row] = await logOf(gateway.database, customer);
    expect(row?.attempts).toMatchObject([
      { outcome: "declined", reason: "usage_limit_reached", upstreamStatus: 429, cost: 0n },
      { outcome: "answered", cost: row?.cost },
    ]);
    const asked = gateway.ownSimulator.requests.length;
    await eventually(async () => {
      await post(customer);
      expect((await logOf(gateway.database, customer)).at(-1)?.decisions).toMatchObject([
        { decision: "skipped", reason: "exhausted", evidence: expect.stringContaining("resets") as string },
        { decision: "answered" },
      ]);
    });
    expect(gateway.ownSimulator.requests.length).toBe(asked);
    await gateway.database.sql`update lanes set state_until = now() - interval '1 second' where id = ${own}`;
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("api_key"));
  });

  test("is exhausted when its own quota is gone", async () => {
    const { customer, own } = await ownThenWallet();
    gateway.ownSimulator.control.next({ refuse: insufficientQuota() });
    expect((await post(customer)).status).toBe(200);
    await eventually(async () => expect((await laneOf(own))?.state).toBe("exhausted"));
  });

  test("cools for the seconds that a burst refusal names, no longer", async () => {
    const { customer, own } = await ownThenWallet();
    gateway.ownSimulator.control.next({ refuse: burst429(3) });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet");
    await eventually(async () => expect((await laneOf(own))?.state).toBe("cooling"));
    const ms = ((await laneOf(own))?.stateUntil?.getTime() ?? 0) - Date.now();
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(3_000);
    await eventually(async () => {
      await post(customer);
      expect((await logOf(gateway.database, customer)).at(-1)?.decisions).toContainEqual(
        expect.objectContaining({ laneId: own, decision: "skipped", reason: "cooling" }),
      );
    });
  });

  test("is tried all the same while it cools, when it is the last", async () => {
    const customer = await walletCustomer(gateway);
    gateway.simulator.control.next({ refuse: burst429(60) });
    const refused = await post(customer);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers["retry-after"])).toBe(60);
    await eventually(async () => expect((await laneOf(customer.walletLaneId))?.state).toBe("cooling"));
    expect((await post(customer)).status).toBe(200);
  });

  test("whose key its upstream refuses is passed over, and named when it was the only one", async () => {
    const { customer, own } = await ownThenWallet({ secret: "sk-bad-and-long-enough" });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet");
    const key = await keyWith(gateway, customer, { laneIds: [own] });
    const refused = await post(key);
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      error: { code: "unsupported_by_lane", message: expect.stringContaining('"Own key"') as string },
    });
    expect(refused.text()).not.toContain("sk-bad");
  });

  test.each([
    { what: "refuses before it begins", behaviour: { refuse: serverError(500) } },
    {
      what: "fails before its first content",
      behaviour: { fail: { code: "server_error", message: "broken", when: "before_content" as const } },
    },
  ])("that $what hands over unseen: the client gets the second lane's bytes and nothing else", async ({ behaviour }) => {
    const customer = await walletCustomer(gateway);
    await addOwnLane(gateway, customer, { simulator: fixed, label: "Second", position: 1 });
    await addOwnLane(gateway, customer, { label: "First", position: 1 });
    gateway.ownSimulator.control.next(behaviour);
    const answer = await post(customer);
    expect(answer.bytes().equals(FIXED_STREAM)).toBe(true);
    expect((await logOf(gateway.database, customer))[0]?.attempts).toMatchObject([{ outcome: "declined" }, { outcome: "answered" }]);
  });

  test("that cannot be reached hands over too", async () => {
    const customer = await walletCustomer(gateway);
    await addOwnLane(gateway, customer, { simulator: gone });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet");
    expect((await logOf(gateway.database, customer))[0]?.attempts).toMatchObject([
      { outcome: "declined", reason: "ECONNREFUSED" },
      { outcome: "answered" },
    ]);
  });

  test("whose address may no longer be connected to hands over too", async () => {
    const customer = await walletCustomer(gateway);
    await addOwnLane(gateway, customer, { simulator: { url: "http://127.0.0.1:9", port: 9 } });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet");
    expect((await logOf(gateway.database, customer))[0]?.attempts).toMatchObject([
      { outcome: "declined", reason: "address_not_allowed" },
      { outcome: "answered" },
    ]);
  });

  test("that fails after its first content keeps the request: no other lane is asked, and the client is told", async () => {
    const { customer } = await ownThenWallet();
    const asked = gateway.simulator.requests.length;
    gateway.ownSimulator.control.next({ fail: { code: "server_error", message: "broken", when: "after_content" } });
    const answer = await post(customer);
    expect(answer.events().at(-1)).toMatchObject({ type: "response.failed" });
    expect(gateway.simulator.requests.length).toBe(asked);
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ outcome: "failed", attempts: [{ outcome: "failed" }] });
  });

  test("that may have taken the request without answering keeps it from every paid lane", async () => {
    const { customer } = await ownThenWallet();
    const asked = gateway.simulator.requests.length;
    gateway.ownSimulator.control.next({ cut: "before_headers" });
    const answer = await post(customer);
    expect(answer.status).toBe(503);
    expect(gateway.simulator.requests.length).toBe(asked);
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
    expect((await loggedOf(gateway.database, customer, 1))[0]).toMatchObject({
      attempts: [{ outcome: "ambiguous" }],
      decisions: [
        { decision: "declined", reason: "ambiguous" },
        { decision: "skipped", reason: "paid_after_ambiguous" },
      ],
    });
  });

  test("that says the request itself is at fault ends it: every lane would say so", async () => {
    const { customer } = await ownThenWallet();
    const asked = gateway.simulator.requests.length;
    gateway.ownSimulator.control.next({
      refuse: { status: 400, body: { error: { code: "context_length_exceeded", message: "too long", type: "invalid_request_error" } } },
    });
    const answer = await post(customer);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: { code: "context_length_exceeded", message: "too long" } });
    expect(gateway.simulator.requests.length).toBe(asked);
  });
});

const FIXED_STREAM = Buffer.from(
  [
    { type: "response.created", sequence_number: 0, response: { id: "resp_fixed", object: "response", status: "in_progress", output: [] } },
    {
      type: "response.output_text.delta",
      sequence_number: 1,
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
      delta: "fixed ünicode",
      logprobs: [],
    },
    {
      type: "response.completed",
      sequence_number: 2,
      response: {
        id: "resp_fixed",
        object: "response",
        model: MODEL,
        status: "completed",
        output: [],
        usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      },
    },
  ]
    .map((event) => `event: ${event.type}\r\nid: 7\r\ndata:  ${JSON.stringify(event)}\r\n\r\n: a comment\r\n\r\n`)
    .join("")
    .replace(/: a comment\r\n\r\n$/, ""),
);

/** An upstream that always answers with the same odd, legal bytes, cut at odd places. */
async function fixedUpstream(): Promise<Server & { url: string; port: number }> {
  const server = createServer((req, res) => {
    req.resume().on("end", () => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      for (let at = 0; at < FIXED_STREAM.length; at += 17) res.write(FIXED_STREAM.subarray(at, at + 17));
      res.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(server, { port, url: `http://127.0.0.1:${port}` });
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}
