import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import type { TestCustomer } from "@/tests/factories/customer";
import { send, sendWhole, type Exchange } from "@/tests/factories/exchange";
import {
  CHAT_MODEL,
  logOf,
  MODEL,
  testGateway,
  walletCustomer,
  walletOf,
  type RequestLog,
  type TestGateway,
} from "@/tests/factories/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.always(null));

type Sent = { body: object; headers: Record<string, string> };

const CREDIT = 20_000_000n;
const input = "say: charged once, whatever happens on the way";
const body = { model: MODEL, input, stream: true };

async function settled(customer: TestCustomer, count = 1): Promise<RequestLog[]> {
  return eventually(async () => {
    const rows = await logOf(gateway.database, customer);
    expect(rows).toHaveLength(count);
    return rows;
  });
}

describe("a client that leaves", () => {
  const EVENTS = 20;
  const wires = [
    { wire: "responses", path: "/v1/responses", body },
    { wire: "chat", path: "/v1/chat/completions", body: { model: CHAT_MODEL, messages: [{ role: "user", content: input }], stream: true } },
  ];
  test.each(wires)("after any event of a $wire stream is charged what the whole answer cost, exactly", async ({ path, body: sent }) => {
    const { control } = gateway.simulator;
    const reference = await walletCustomer(gateway);
    await sendWhole(gateway.url, reference, { path, body: sent });
    const [{ cost: whole } = { cost: 0n }] = await settled(reference);
    // The first two are preamble, which the gate holds back: leaving there is leaving before the head.
    for (let at = 3; at < EVENTS - 1; at++) {
      const customer = await walletCustomer(gateway);
      control.next({ gate: { afterEvents: at } });
      const held = control.counts.held;
      const running = await send(gateway.url, customer, { path, body: sent });
      await control.until((counts) => counts.held > held);
      await running.until((exchange) => exchange.events().length > 0);
      running.leave();
      await eventually(() => expect(gateway.runtime.gateway.runningCount).toBe(1));
      await goneSeen();
      control.release();
      const [row] = await settled(customer);
      expect(row).toMatchObject({ outcome: "completed", usageEstimated: false, cost: whole, clientGone: true });
      expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - whole, held: 0n });
    }
  });

  test("before the answer has begun is charged what it cost all the same", async () => {
    const { control } = gateway.simulator;
    const customer = await walletCustomer(gateway);
    control.next({ gate: "before_headers" });
    const left = send(gateway.url, customer, { body, leaveOn: control.until((counts) => counts.held === 1) });
    await expect(left).rejects.toThrow("left");
    await goneSeen();
    control.release();
    expect((await settled(customer))[0]).toMatchObject({ outcome: "completed", usageEstimated: false, clientGone: true });
  });

  test("in the middle of a JSON answer too", async () => {
    const { control } = gateway.simulator;
    const customer = await walletCustomer(gateway);
    control.next({ gate: "before_headers" });
    const left = send(gateway.url, customer, { body: { ...body, stream: false }, leaveOn: control.until((counts) => counts.held === 1) });
    await expect(left).rejects.toThrow("left");
    await goneSeen();
    control.release();
    expect((await settled(customer))[0]).toMatchObject({ outcome: "completed", usageEstimated: false, clientGone: true });
  });
});

describe("a request that is sent again", () => {
  const codexBody = (attempt: number) => ({ ...body, client_metadata: { "x-codex-installation": "i", attempt: String(attempt) } });
  const codexHeaders = (turn = "turn-1") => ({
    originator: "codex_exec",
    "user-agent": "codex_exec/0.169.0",
    "thread-id": "thread-1",
    "x-codex-turn-metadata": JSON.stringify({ thread_id: "thread-1", turn_id: turn, request_kind: "turn" }),
  });
  const ways: { how: string; first: Sent; again: Sent; other: Sent }[] = [
    {
      how: "Codex, the same turn with other client_metadata",
      first: { body: codexBody(1), headers: codexHeaders() },
      again: { body: codexBody(2), headers: codexHeaders() },
      other: { body: codexBody(3), headers: codexHeaders("turn-2") },
    },
    {
      how: "an SDK that counts its retries",
      first: { body, headers: { "x-stainless-retry-count": "0" } },
      again: { body, headers: { "x-stainless-retry-count": "1" } },
      other: { body: { ...body, temperature: 0.5 }, headers: { "x-stainless-retry-count": "1" } },
    },
    {
      how: "an Idempotency-Key",
      first: { body, headers: { "idempotency-key": "order-1" } },
      again: { body, headers: { "idempotency-key": "order-1" } },
      other: { body, headers: { "idempotency-key": "order-2" } },
    },
  ];

  describe.each(ways)("by $how", ({ first, again, other }) => {
    test("joins the generation that still runs: the same bytes from the first, one charge", async () => {
      const customer = await walletCustomer(gateway);
      const asked = gateway.simulator.requests.length;
      const one = await begin(customer, first);
      const seen = one.bytes();
      one.leave();
      await goneSeen();
      const two = await send(gateway.url, customer, again);
      await two.until((exchange) => exchange.bytes().length >= seen.length);
      gateway.simulator.control.release();
      expect(await two.ended).toBe("whole");
      expect(two.bytes().subarray(0, seen.length).equals(seen)).toBe(true);
      expect(two.events().at(-1)).toMatchObject({ type: "response.completed" });
      await expectOneCharge(customer, asked);
    });

    test("gets a finished answer that never arrived, without a second generation", async () => {
      const customer = await walletCustomer(gateway);
      const asked = gateway.simulator.requests.length;
      const one = await begin(customer, first);
      one.leave();
      await goneSeen();
      gateway.simulator.control.release();
      await settled(customer);
      const two = await sendWhole(gateway.url, customer, again);
      expect(two.events().at(-1)).toMatchObject({ type: "response.completed" });
      await expectOneCharge(customer, asked);
    });

    test("after it was delivered is a new generation", async () => {
      const customer = await walletCustomer(gateway);
      await sendWhole(gateway.url, customer, first);
      await sendWhole(gateway.url, customer, again);
      expect(await settled(customer, 2)).toMatchObject([{ outcome: "completed" }, { outcome: "completed" }]);
    });

    test("after it failed is a new generation", async () => {
      const customer = await walletCustomer(gateway);
      gateway.simulator.control.next({ cut: { afterEvents: 8 } });
      await sendWhole(gateway.url, customer, first);
      expect((await sendWhole(gateway.url, customer, again)).events().at(-1)).toMatchObject({ type: "response.completed" });
      expect(await settled(customer, 2)).toMatchObject([{ outcome: "interrupted" }, { outcome: "completed" }]);
    });

    test("joins nothing that differs, nor another customer's", async () => {
      const customer = await walletCustomer(gateway);
      const stranger = await walletCustomer(gateway);
      const one = await begin(customer, first);
      expect((await sendWhole(gateway.url, customer, other)).status).toBe(200);
      expect((await sendWhole(gateway.url, stranger, again)).status).toBe(200);
      gateway.simulator.control.release();
      await one.ended;
      await settled(customer, 2);
      await settled(stranger, 1);
    });
  });

  test("by an SDK for the first time never joins: two equal requests are two", async () => {
    const customer = await walletCustomer(gateway);
    const one = await begin(customer, { body, headers: { "x-stainless-retry-count": "0" } });
    await sendWhole(gateway.url, customer, { body, headers: { "x-stainless-retry-count": "0" } });
    gateway.simulator.control.release();
    await one.ended;
    await settled(customer, 2);
  });

  async function begin(customer: TestCustomer, sending: Sent): Promise<Exchange> {
    gateway.simulator.control.next({ gate: { afterEvents: 9 } });
    const running = await send(gateway.url, customer, sending);
    await running.until((exchange) => exchange.events().length >= 7);
    await gateway.simulator.control.until((counts) => counts.held === 1);
    return running;
  }

  async function expectOneCharge(customer: TestCustomer, asked: number): Promise<void> {
    const [row] = await settled(customer);
    expect(row?.outcome).toBe("completed");
    expect(gateway.simulator.requests.length).toBe(asked + 1);
    expect(await walletOf(gateway.database, customer)).toEqual({ available: CREDIT - (row?.cost ?? 0n), held: 0n });
  }
});

/** The server has seen that the last client's socket is closed. */
async function goneSeen(): Promise<void> {
  await eventually(async () => expect(await gateway.connections()).toBe(0));
}
