import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { lanes } from "@/db/schema/lanes";
import { threadPins } from "@/db/schema/routing";
import { addCodexLane, type TestCodexLane } from "@/tests/factories/codex-lane";
import type { TestCustomer } from "@/tests/factories/customer";
import { responseIn, sendWhole, type Exchange } from "@/tests/factories/exchange";
import { addOwnLane, logOf, MODEL, testGateway, walletCustomer, type TestGateway } from "@/tests/factories/gateway";
import { RUNNER_SECRET, startScriptedRunner, type ScriptedRunner } from "@/tests/factories/scripted-runner";

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
  gateway.simulator.control.always(null);
  gateway.ownSimulator.control.always(null);
});

type Household = { customer: TestCustomer; a: TestCodexLane; b: TestCodexLane };

async function twoAccounts(): Promise<Household> {
  const customer = await walletCustomer(gateway);
  const a = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
  const b = await addCodexLane(gateway.database, customer, { label: "Account B", address: runner.address });
  return { customer, a, b };
}

const user = (text: string) => ({ type: "message", role: "user", content: text });
const reasoning = (sealed: string) => ({ type: "reasoning", summary: [], encrypted_content: sealed });
const toolOutput = [
  { type: "function_call", call_id: "call_1", name: "look", arguments: "{}" },
  { type: "function_call_output", call_id: "call_1", output: "seen" },
];

/** One request of a thread; answers with the lane that served it. */
async function turn(
  customer: TestCustomer,
  thread: { id: string; input?: unknown[]; turnId?: string; more?: object },
): Promise<{ lane: string | null; answer: Exchange }> {
  const metadata = { thread_id: thread.id, turn_id: thread.turnId };
  const answer = await sendWhole(gateway.url, customer, {
    body: { model: MODEL, input: thread.input ?? [user("hello")], prompt_cache_key: thread.id, stream: true, ...thread.more },
    headers: thread.turnId === undefined ? {} : { "x-codex-turn-metadata": JSON.stringify(metadata) },
  });
  return { answer, lane: (await logOf(gateway.database, customer)).at(-1)?.laneId ?? null };
}

const exhaustOnce = (lane: TestCodexLane) => runner.next(lane.accountId, (it) => it.decline({ class: "exhausted" }));
/** The times of a pin, moved into the past. */
const age = (column: "last_used_at" | "pinned_at", customer: TestCustomer, minutes: number) =>
  gateway.database
    .sql`update thread_pins set ${gateway.database.sql(column)} = now() - make_interval(mins => ${minutes}) where user_id = ${customer.userId}`;

describe("a thread", () => {
  test("stays on the account that it moved to while that is healthy; a new thread begins at the top", async () => {
    const { customer, a, b } = await twoAccounts();
    const id = randomUUID();
    exhaustOnce(a);
    expect((await turn(customer, { id })).lane).toBe(b.laneId);
    expect((await turn(customer, { id })).lane).toBe(b.laneId);
    expect((await turn(customer, { id: randomUUID() })).lane).toBe(a.laneId);
    expect((await turn(customer, { id })).lane).toBe(b.laneId);
  });

  test("returns to the top after five idle minutes", async () => {
    const { customer, a, b } = await twoAccounts();
    const id = randomUUID();
    exhaustOnce(a);
    await turn(customer, { id });
    await age("last_used_at", customer, 4);
    expect((await turn(customer, { id })).lane).toBe(b.laneId);
    await age("last_used_at", customer, 6);
    expect((await turn(customer, { id })).lane).toBe(a.laneId);
  });

  test("leaves an account that cannot go on, and one that is gone", async () => {
    const { customer, a, b } = await twoAccounts();
    const id = randomUUID();
    exhaustOnce(a);
    await turn(customer, { id });
    runner.next(b.accountId, (it) => it.decline({ class: "busy" }));
    expect((await turn(customer, { id })).lane).toBe(a.laneId);
    exhaustOnce(a);
    expect((await turn(customer, { id })).lane).toBe(b.laneId);
    await gateway.database.orm.delete(lanes).where(eq(lanes.id, b.laneId));
    await eventually(async () => expect((await turn(customer, { id })).lane).toBe(a.laneId));
  });

  test("is another one for another key", async () => {
    const { customer, a } = await twoAccounts();
    const stranger = await twoAccounts();
    const id = randomUUID();
    exhaustOnce(a);
    await turn(customer, { id });
    expect((await turn(stranger.customer, { id })).lane).toBe(stranger.a.laneId);
  });

  test("is not looked for where there is no choice of lanes, or no Codex lane among them", async () => {
    const customer = await walletCustomer(gateway);
    await addOwnLane(gateway, customer);
    await turn(customer, { id: randomUUID() });
    expect(await gateway.database.orm.select().from(threadPins).where(eq(threadPins.userId, customer.userId))).toEqual([]);
  });
});

describe("a thread on a paid lane below Codex lanes", () => {
  async function spilled(turnId?: string): Promise<{ customer: TestCustomer; a: TestCodexLane; own: string; id: string }> {
    const customer = await walletCustomer(gateway);
    const a = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
    const own = await addOwnLane(gateway, customer, { position: 2 });
    const id = randomUUID();
    exhaustOnce(a);
    expect((await turn(customer, { id, turnId })).lane).toBe(own);
    return { customer, a, own, id };
  }

  test("stays for Codex's turn, and goes back with the next", async () => {
    const { customer, a, own, id } = await spilled("turn-1");
    expect((await turn(customer, { id, turnId: "turn-1" })).lane).toBe(own);
    expect((await logOf(gateway.database, customer)).at(-1)?.spillReason).toBe("pinned");
    expect((await turn(customer, { id, turnId: "turn-2" })).lane).toBe(a.laneId);
  });

  test("stays while tools are answered where no turn is named, and goes back with the user's next words", async () => {
    const { customer, a, own, id } = await spilled();
    expect((await turn(customer, { id, input: [user("look"), ...toolOutput] })).lane).toBe(own);
    expect((await turn(customer, { id, input: [user("look"), ...toolOutput, user("and now?")] })).lane).toBe(a.laneId);
  });

  test("stays ten minutes at most", async () => {
    const { customer, a, own, id } = await spilled("turn-1");
    await age("pinned_at", customer, 9);
    expect((await turn(customer, { id, turnId: "turn-1" })).lane).toBe(own);
    await age("pinned_at", customer, 11);
    expect((await turn(customer, { id, turnId: "turn-1" })).lane).toBe(a.laneId);
  });
});

describe("what only the lane that made it can read", () => {
  test("is left out where the thread moves, and stays out there; what the new lane makes itself goes along", async () => {
    const { customer, a, b } = await twoAccounts();
    const id = randomUUID();
    const input: unknown[] = [user("one"), reasoning("sealed by A"), { type: "message", role: "assistant", content: "1" }, user("two")];
    expect((await turn(customer, { id })).lane).toBe(a.laneId);
    exhaustOnce(a);
    expect((await turn(customer, { id, input })).lane).toBe(b.laneId);
    expect(runner.turns.at(-1)?.body["input"]).toEqual(input.filter((_, index) => index !== 1));
    expect((await logOf(gateway.database, customer)).at(-1)?.edits).toEqual([
      "Account B: 1 item of encrypted reasoning left out: made on another lane",
    ]);
    const longer = [...input, reasoning("sealed by B"), { type: "message", role: "assistant", content: "2" }, user("three")];
    expect((await turn(customer, { id, input: longer })).lane).toBe(b.laneId);
    expect(runner.turns.at(-1)?.body["input"]).toEqual(longer.filter((_, index) => index !== 1));
    // What A was sent is A's own.
    expect(runner.turns.find(({ ticket }) => ticket.accountId === a.accountId)?.body["input"]).toEqual([user("hello")]);
  });

  test("is left out on a second try when only the account finds out; the thread remembers it", async () => {
    const { customer, a } = await twoAccounts();
    const id = randomUUID();
    const input = [user("one"), reasoning("sealed elsewhere"), user("two")];
    runner.next(a.accountId, (it) => it.decline({ class: "cannot", reason: "invalid_encrypted_content" }));
    expect((await turn(customer, { id, input })).lane).toBe(a.laneId);
    expect(runner.turns.map((it) => (it.body["input"] as unknown[]).length)).toEqual([3, 2]);
    expect((await turn(customer, { id, input })).lane).toBe(a.laneId);
    expect(runner.turns.map((it) => (it.body["input"] as unknown[]).length)).toEqual([3, 2, 2]);
  });

  test.each(["api_key", "wallet"] as const)("the same on an %s lane, with or without a thread", async (kind) => {
    const customer = await walletCustomer(gateway);
    const simulator = kind === "wallet" ? gateway.simulator : gateway.ownSimulator;
    if (kind === "api_key") await addOwnLane(gateway, customer);
    const input = [user("one"), reasoning("sealed elsewhere"), user("say: two")];
    const answer = await sendWhole(gateway.url, customer, { body: { model: MODEL, input, stream: true } });
    expect(answer.events().at(-1)).toMatchObject({ type: "response.completed" });
    const sent = JSON.parse(simulator.requests.at(-1)?.body.toString() ?? "{}") as { input: unknown[] };
    expect(sent.input).toHaveLength(2);
    expect((await logOf(gateway.database, customer))[0]?.edits).toContainEqual(
      expect.stringMatching(/1 item of encrypted reasoning left out/),
    );
  });

  test("a compacted conversation cannot move: the other lane is passed over with a clear text", async () => {
    const customer = await walletCustomer(gateway);
    const a = await addCodexLane(gateway.database, customer, { label: "Account A", address: runner.address });
    const own = await addOwnLane(gateway, customer, { position: 2 });
    const id = randomUUID();
    const compacting = await turn(customer, { id, input: [user("one"), { type: "compaction_trigger" }], turnId: "turn-1" });
    const [compaction] = responseIn(compacting.answer.events().at(-1))["output"] as [object];
    const input = [compaction, user("and now?")];
    expect((await turn(customer, { id, input, turnId: "turn-1" })).lane).toBe(own);
    await gateway.database.sql`update lanes set state = 'paused' where id = ${own}`;
    const refused = await eventually(async () => {
      const { answer } = await turn(customer, { id, input, turnId: "turn-1" });
      expect(answer.status).toBe(400);
      return answer;
    });
    expect(refused.json()).toMatchObject({ error: { code: "unsupported_by_lane" } });
    expect((await logOf(gateway.database, customer)).at(-1)?.decisions).toMatchObject([
      { laneId: a.laneId, reason: "cannot" },
      { laneId: own, reason: "paused" },
      { laneId: customer.walletLaneId, reason: "cannot", evidence: expect.stringContaining("compaction") as string },
    ]);
  });
});
