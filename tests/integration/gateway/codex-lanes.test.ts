import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { lanes } from "@/db/schema/lanes";
import { outbox } from "@/db/schema/operations";
import { laneSpills } from "@/db/schema/routing";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { setCodexLanes } from "@/lib/settings/codex-switch";
import type { DeclineClass } from "@/lib/turns/runner-protocol";
import { addCodexLane, giveUpLease, leaseTo, type TestCodexLane } from "@/tests/factories/codex-lane";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";
import { responseIn, send, sendWhole, textIn, usageIn } from "@/tests/factories/exchange";
import {
  addOwnLane,
  alarmsOf,
  CHAT_MODEL,
  costOf,
  keyWith,
  loggedOf,
  logOf,
  MODEL,
  testGateway,
  walletCustomer,
  walletOf,
  type TestGateway,
} from "@/tests/factories/gateway";
import { RUNNER_SECRET, startScriptedRunner, type ScriptedRunner } from "@/tests/factories/scripted-runner";

import { insufficientQuota } from "@/workers/simulator/openai/refusals";

const SPILLS_MAX = 2;

let gateway: TestGateway;
let runner: ScriptedRunner;
beforeAll(async () => {
  runner = await startScriptedRunner();
  gateway = await testGateway({ timings: { laneRecoveryMs: 500 }, env: { RUNNER_SECRET, SPILL_REQUESTS_PER_DAY: String(SPILLS_MAX) } });
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

const body = { model: MODEL, input: "say: hello from a paid lane", stream: true };
const post = (customer: Pick<TestCustomer, "secret">, more: object = {}) =>
  sendWhole(gateway.url, customer, { body: { ...body, ...more } });
const codexLane = (customer: TestCustomer, label = "Account A") =>
  addCodexLane(gateway.database, customer, { label, address: runner.address });
const decline = (lane: TestCodexLane, why: DeclineClass) => runner.always(lane.accountId, (turn) => turn.decline({ class: why }));
const CREDIT = { available: 20_000_000n, held: 0n };

/** A customer with one ChatGPT account before the wallet. */
async function codexThenWallet(): Promise<{ customer: TestCustomer; lane: TestCodexLane }> {
  const customer = await walletCustomer(gateway);
  return { customer, lane: await codexLane(customer) };
}

describe("a Codex lane", () => {
  test("answers a stream through its runner: nothing is charged, and the log knows what it would have cost", async () => {
    const { customer, lane } = await codexThenWallet();
    const answer = await post(customer);
    expect(answer.headers["x-switchyard-lane"]).toBe("codex");
    expect(textIn(answer)).toBe("hello from codex");
    expect(answer.events().at(-1)).toMatchObject({ type: "response.completed" });
    const [turn] = runner.turns;
    expect(turn?.authorization).toBe(`Bearer ${RUNNER_SECRET}`);
    expect(turn?.body).toEqual(body);
    const [row] = await logOf(gateway.database, customer);
    expect(turn?.ticket).toMatchObject({
      requestId: row?.id,
      userId: customer.userId,
      keyId: customer.keyId,
      laneId: lane.laneId,
      accountId: lane.accountId,
      wire: "responses",
      stream: true,
      model: MODEL,
    });
    expect(row).toMatchObject({ laneId: lane.laneId, laneKind: "codex", outcome: "completed", cost: 0n, holdId: null, spillReason: null });
    expect(row?.costOnWallet).toBe(costOf("responses", usageIn(answer)));
    expect(row?.attempts).toMatchObject([{ laneKind: "codex", outcome: "answered", queuedMs: null }]);
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
  });

  test("answers whole, and on the chat wire, whose usage chunk only a client that asked for it sees", async () => {
    const { customer } = await codexThenWallet();
    const whole = await post(customer, { stream: false });
    expect(whole.json()).toMatchObject({ status: "completed", usage: { output_tokens: 7 } });
    const chat = { model: CHAT_MODEL, messages: [{ role: "user", content: "hello" }] };
    const at = { path: "/v1/chat/completions" };
    expect((await sendWhole(gateway.url, customer, { ...at, body: chat })).json()).toMatchObject({ object: "chat.completion" });
    const streamed = await sendWhole(gateway.url, customer, { ...at, body: { ...chat, stream: true } });
    expect(textIn(streamed)).toBe("hello from codex");
    expect(usageIn(streamed)).toBeUndefined();
    const asked = await sendWhole(gateway.url, customer, {
      ...at,
      body: { ...chat, stream: true, stream_options: { include_usage: true } },
    });
    expect(usageIn(asked)).toMatchObject({ completion_tokens: 7 });
    for (const row of await logOf(gateway.database, customer)) expect(row).toMatchObject({ laneKind: "codex", outputTokens: 7 });
  });

  test("says which parameters it ignored; a strict key has them served elsewhere or refused", async () => {
    const { customer, lane } = await codexThenWallet();
    const answer = await post(customer, { temperature: 0.1, top_p: 0.5 });
    expect(answer.headers["x-switchyard-ignored"]).toBe("temperature, top_p");
    expect((await logOf(gateway.database, customer))[0]?.edits).toEqual(["Account A: ignored: temperature, top_p"]);
    const strict = await keyWith(gateway, customer, { parametersStrict: true });
    const refused = await post(strict, { temperature: 0.1 });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ error: { code: "unsupported_by_lane", param: "temperature" } });
    await addOwnLane(gateway, customer, { position: 2 });
    await eventually(async () => expect((await post(strict, { temperature: 0.1 })).headers["x-switchyard-lane"]).toBe("api_key"));
    const row = (await logOf(gateway.database, customer)).at(-1);
    expect(row).toMatchObject({ spillReason: "cannot", decisions: [{ laneId: lane.laneId, reason: "cannot" }, {}, {}] });
  });

  test("whose runner had to count the tokens itself says on the log that they are estimated", async () => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => {
      turn.begin("cut off by a stop ");
      turn.finish("", { counted: true });
    });
    await post(customer);
    await post(customer);
    expect(await logOf(gateway.database, customer)).toMatchObject([
      { usageEstimated: true, usageFlags: ["estimated"], outputTokens: 7 },
      { usageEstimated: false, usageFlags: [] },
    ]);
  });

  test.each([
    ["Codex", { originator: "codex_exec" }, "rate_limit_exceeded"],
    ["an SDK", {}, "server_error"],
  ])("that fails in mid-answer tells %s so in its own words", async (_, headers, code) => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => {
      turn.begin("half an ");
      turn.fail(new AppError("upstream_unavailable", "The answer was cut off. Try again."));
    });
    const answer = await sendWhole(gateway.url, customer, { body, headers });
    expect(textIn(answer)).toBe("half an ");
    expect(responseIn(answer.events().at(-1))).toMatchObject({ status: "failed", error: { code } });
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ outcome: "failed", laneKind: "codex" });
  });

  test.each([
    ["longer than any", "m".repeat(400)],
    ["with a NUL in it", "gpt\u0000"],
    ["of half a character", "gpt\ud800"],
  ])("is asked for no model whose name is odd, as no lane is: one %s", async (_, model) => {
    const { customer } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 3 });
    for (const key of [customer, await keyWith(gateway, customer, { laneIds: [own] })]) {
      const refused = await post(key, { model });
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ error: { type: "invalid_request_error", param: "model" } });
    }
    expect(await sendWhole(gateway.url, customer, { body: { ...body, model }, headers: { originator: "codex_exec" } })).toMatchObject({
      status: 400,
    });
    expect(runner.turns).toHaveLength(0);
  });

  test("is nobody's way to any other address of the API", async () => {
    const { customer } = await codexThenWallet();
    await addOwnLane(gateway, customer, { position: 2 });
    await sendWhole(gateway.url, customer, { path: "/v1/embeddings", body: { model: "text-embedding-3-small", input: "x" } });
    expect(runner.turns).toHaveLength(0);
    const [row] = await loggedOf(gateway.database, customer, 1);
    expect(row?.decisions).toMatchObject([
      { laneKind: "codex", decision: "skipped", reason: "cannot" },
      { laneKind: "api_key", decision: "answered" },
    ]);
  });

  test("passes on what is wrong with the request itself, and no other lane is asked", async () => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => turn.refuse({ code: "context_too_long", message: "The conversation is too long.", param: null }));
    const answer = await post(customer);
    expect(answer.json()).toMatchObject({ error: { code: "context_length_exceeded", message: "The conversation is too long." } });
  });
});

describe("failover", () => {
  test("account A is exhausted, B is, the key answers; the client notices nothing", async () => {
    const { customer, lane: a } = await codexThenWallet();
    const b = await codexLane(customer, "Account B");
    const own = await addOwnLane(gateway, customer, { position: 3 });
    decline(a, "exhausted");
    decline(b, "exhausted");
    const answer = await post(customer);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-switchyard-lane"]).toBe("api_key");
    expect(answer.events().filter((event) => event.type === "response.created")).toHaveLength(1);
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({
      laneId: own,
      spillReason: "exhausted",
      decisions: [
        { laneId: a.laneId, decision: "declined", reason: "scripted" },
        { laneId: b.laneId, decision: "declined" },
        { laneId: own, decision: "answered" },
        { laneId: customer.walletLaneId, decision: "skipped", reason: "not_needed" },
      ],
    });
    expect(row?.attempts.map((attempt) => attempt.outcome)).toEqual(["declined", "declined", "answered"]);
  });

  test("a lane whose window reset is the first again", async () => {
    const { customer, lane } = await codexThenWallet();
    const { sql } = gateway.database;
    await sql`update lanes set state = 'exhausted', state_reason = 'usage limit', state_until = now() + interval '900 milliseconds' where id = ${lane.laneId}`;
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet"));
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex"));
  });

  test("one model's used-up limit closes that model only", async () => {
    const { customer, lane } = await codexThenWallet();
    const { sql } = gateway.database;
    await sql`update lanes set closed_models = jsonb_build_object(${MODEL}::text, ${new Date(Date.now() + 3_600_000).toISOString()}::text) where id = ${lane.laneId}`;
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet"));
    const chat = { model: CHAT_MODEL, messages: [{ role: "user", content: "hello" }] };
    const other = await sendWhole(gateway.url, customer, { path: "/v1/chat/completions", body: chat });
    expect(other.headers["x-switchyard-lane"]).toBe("codex");
  });

  test("a model that the account does not have is served by the customer's own key", async () => {
    const { customer, lane } = await codexThenWallet();
    await addOwnLane(gateway, customer, { position: 2 });
    runner.next(lane.accountId, (turn) => turn.decline({ class: "cannot", reason: "model_not_found", param: "model" }));
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("api_key");
  });

  test("all windows closed: the earliest reset is told", async () => {
    const { customer, lane: a } = await codexThenWallet();
    const b = await codexLane(customer, "Account B");
    const key = await keyWith(gateway, customer, { laneIds: [a.laneId, b.laneId] });
    const until = [new Date(Date.now() + 900_000), new Date(Date.now() + 600_000)];
    runner.next(a.accountId, (turn) => turn.decline({ class: "exhausted", until: until[0]!.toISOString() }));
    runner.next(b.accountId, (turn) => turn.decline({ class: "exhausted", until: until[1]!.toISOString() }));
    const refused = await post(key);
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({
      error: { code: "usage_limit_reached", resets_at: Math.ceil(until[1]!.getTime() / 1000) },
    });
    expect(refused.headers["x-should-retry"]).toBe("false");
  });
});

describe("a model that one account does not have", () => {
  const stranger = "acme-9";
  const accounts = async () => {
    const { customer, lane: a } = await codexThenWallet();
    const b = await codexLane(customer, "Account B");
    runner.always(a.accountId, (turn) =>
      turn.decline({ class: "cannot", reason: "model_not_found", message: "The 'acme-9' model is not supported.", param: "model" }),
    );
    runner.always(b.accountId, (turn) => turn.decline({ class: "exhausted", until: new Date(Date.now() + 600_000).toISOString() }));
    await gateway.database.sql`
      update lanes set state = 'exhausted', state_reason = 'usage limit', state_until = now() + interval '1 hour' where id = ${b.laneId}`;
    return { customer };
  };

  test("and that no list of ours has is not found, though another account is used up", async () => {
    const { customer } = await accounts();
    const refused = await eventually(async () => {
      const answer = await post(customer, { model: stranger });
      expect(answer.status).toBe(404);
      return answer;
    });
    expect(refused.json()).toMatchObject({ error: { code: "model_not_found", param: "model" } });
    expect(refused.text()).toMatch(/Account A.*Wallet.*no price/s);
  });

  test("but Codex's own list has is waited for, and every lane is named with what it said", async () => {
    const { customer } = await accounts();
    const file = path.join(gateway.dataDir, "codex-models.json");
    writeFileSync(file, JSON.stringify({ version: "1", models: [{ slug: stranger }] }));
    try {
      const refused = await post(customer, { model: stranger });
      expect(refused.status).toBe(429);
      expect(refused.json()).toMatchObject({ error: { code: "usage_limit_reached" } });
      expect(refused.text()).toMatch(/Account B.*Account A.*not supported.*Wallet.*no price/s);
    } finally {
      rmSync(file);
    }
  });

  test("and that the customer's own upstream may have, which is used up, is waited for", async () => {
    const { customer } = await accounts();
    const own = await addOwnLane(gateway, customer, { position: 3 });
    await gateway.database.sql`
      update lanes set state = 'exhausted', state_reason = 'quota', state_until = now() + interval '1 minute' where id = ${own}`;
    await eventually(async () => expect((await post(customer, { model: stranger })).status).toBe(429));
  });
});

describe("a refusal", () => {
  const pause = (customer: TestCustomer, laneId: string) =>
    withTransaction(gateway.database.orm, (tx) =>
      setLaneState(tx, { userId: customer.userId, laneId, to: { state: "paused" }, actor: OPERATOR }),
    );

  test.each<[DeclineClass]>([["busy"], ["exhausted"], ["lost"], ["cannot"]])("after %s names the lanes that are paused", async (why) => {
    const { customer, lane } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 2, label: "Resting" });
    await pause(customer, own);
    await pause(customer, customer.walletLaneId);
    decline(lane, why);
    await eventually(async () => expect((await post(customer)).text()).toMatch(/Account A.*Resting\W+ is paused.*Wallet\W+ is paused/s));
  });

  test("of a paid lane names the lanes that are paused", async () => {
    const customer = await walletCustomer(gateway, "0.001");
    await pause(customer, await addOwnLane(gateway, customer, { label: "Resting" }));
    await eventually(async () => {
      const refused = await post(customer);
      expect(refused.json()).toMatchObject({ error: { code: "insufficient_quota" } });
      expect(refused.text()).toMatch(/Resting\W+ is paused/);
    });
    await pause(customer, customer.walletLaneId);
    await eventually(async () => expect((await post(customer)).json()).toMatchObject({ error: { code: "paused" } }));
  });

  test("of lanes that are only signed out is one that their owner can mend, and not the request's fault", async () => {
    const { customer, lane } = await codexThenWallet();
    await gateway.database.sql`update lanes set state = 'signed_out', state_reason = 'by OpenAI' where id = ${lane.laneId}`;
    const refused = await eventually(async () => {
      const answer = await post(customer);
      expect(answer.status).toBe(403);
      return answer;
    });
    expect(refused.json()).toMatchObject({ error: { code: "paused", message: expect.stringMatching(/signed out.*sign it in/) as string } });
    const codex = await sendWhole(gateway.url, customer, { body, headers: { originator: "codex_exec" } });
    expect(codex.json()).toMatchObject({ error: { code: "invalid_prompt" } });
  });

  test("for a way to OpenAI that is broken is no talk of being busy", async () => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) =>
      turn.decline({ class: "busy", reason: "upstream_unreachable", message: "OpenAI cannot be reached from here right now." }),
    );
    const refused = await post(customer);
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ error: { code: "server_error" } });
    expect(refused.headers["retry-after"]).toBeDefined();
  });

  test("of used-up lanes of both kinds tells each one's reset, and the earliest as the time to come back", async () => {
    const { customer, lane } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 2 });
    const key = await keyWith(gateway, customer, { laneIds: [lane.laneId, own] });
    const until = new Date(Date.now() + 60_000);
    runner.next(lane.accountId, (turn) => turn.decline({ class: "exhausted", until: until.toISOString() }));
    gateway.ownSimulator.control.next({ refuse: insufficientQuota() });
    const refused = await post(key);
    expect(refused.json()).toMatchObject({ error: { code: "usage_limit_reached", resets_at: Math.ceil(until.getTime() / 1000) } });
    expect(refused.text()).toMatch(/Own key.*Account A.*dashboard/s);
  });
});

describe("what a Codex lane does not answer opens a paid lane below it", () => {
  type Case = [why: DeclineClass, to: "api_key" | "wallet", limits: Partial<KeyLimits>, opens: boolean, status: number];
  test.each<Case>([
    ["exhausted", "wallet", {}, true, 200],
    ["lost", "wallet", {}, false, 429],
    ["lost", "wallet", { spillLostToWallet: true }, true, 200],
    ["cannot", "wallet", {}, false, 400],
    ["cannot", "wallet", { spillCannotToWallet: true }, true, 200],
    ["busy", "wallet", {}, false, 429],
    ["busy", "wallet", { spillBusy: "own_key" }, false, 429],
    ["busy", "wallet", { spillBusy: "any" }, true, 200],
    ["lost", "api_key", {}, true, 200],
    ["cannot", "api_key", {}, true, 200],
    ["busy", "api_key", {}, false, 429],
    ["busy", "api_key", { spillBusy: "own_key" }, true, 200],
  ])("%s -> %s with %j: %s", async (why, to, limits, opens, status) => {
    const { customer, lane } = await codexThenWallet();
    const paid = to === "wallet" ? customer.walletLaneId : await addOwnLane(gateway, customer, { position: 2 });
    const key = await keyWith(gateway, customer, { ...limits, laneIds: [lane.laneId, paid] });
    decline(lane, why);
    const answer = await post(key);
    expect(answer.status).toBe(status);
    const [row] = await loggedOf(gateway.database, customer, 1);
    expect(row).toMatchObject(opens ? { laneId: paid, spillReason: why } : { laneId: null, spillReason: null });
    if (opens) return;
    expect(row?.decisions).toMatchObject([{}, { laneId: paid, decision: "skipped", reason: "spill_not_allowed" }]);
    // Says which lane, and what its owner may switch on.
    expect(answer.text()).toMatch(/Account A.*(Own key|Wallet).*dashboard\/keys\/key_/s);
    expect(row?.errorCode).toBe(why === "cannot" ? "lane_cannot" : "lane_busy");
  });

  test("only when no Codex lane above could have answered: one that is busy keeps it shut, whatever the others are", async () => {
    const { customer, lane: a } = await codexThenWallet();
    const b = await codexLane(customer, "Account B");
    decline(a, "exhausted");
    decline(b, "busy");
    const refused = await post(customer);
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBeDefined();
    expect(refused.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
  });

  test("a lane that its owner has paused counts as not there", async () => {
    const { customer, lane } = await codexThenWallet();
    await withTransaction(gateway.database.orm, (tx) =>
      setLaneState(tx, { userId: customer.userId, laneId: lane.laneId, to: { state: "paused" }, actor: OPERATOR }),
    );
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("wallet"));
    expect((await logOf(gateway.database, customer)).at(-1)).toMatchObject({ spillReason: null });
  });

  test("the operator's switch counts as a lost account", async () => {
    const { customer, lane } = await codexThenWallet();
    const turn = (enabled: boolean) =>
      withTransaction(gateway.database.orm, (tx) => setCodexLanes(tx, { enabled, actor: OPERATOR, note: "test" }));
    await turn(false);
    try {
      const refused = await eventually(async () => {
        const answer = await post(customer);
        expect(answer.status).toBe(403);
        return answer;
      });
      expect(refused.json()).toMatchObject({ error: { code: "paused" } });
      await addOwnLane(gateway, customer, { position: 2 });
      await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("api_key"));
      const row = (await logOf(gateway.database, customer)).at(-1);
      expect(row).toMatchObject({ spillReason: "lost", decisions: [{ laneId: lane.laneId, reason: "paused_by_operator" }, {}, {}] });
    } finally {
      await turn(true);
    }
    await eventually(async () => expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex"));
  });

  test("up to a number a day; the first one is told by mail, once", async () => {
    const { customer, lane } = await codexThenWallet();
    await gateway.database.sql`update users set email = ${`${customer.username}@example.com`} where id = ${customer.userId}`;
    decline(lane, "exhausted");
    const statuses = await Promise.all(Array.from({ length: SPILLS_MAX + 2 }, async () => (await post(customer)).status));
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 200, 402, 402]);
    const [spill] = await gateway.database.orm.select().from(laneSpills).where(eq(laneSpills.laneId, customer.walletLaneId));
    expect(spill).toMatchObject({ requests: SPILLS_MAX, firstReason: "exhausted", userId: customer.userId });
    const mails = await gateway.database.orm
      .select()
      .from(outbox)
      .where(and(eq(outbox.kind, "lane_spill"), eq(outbox.recipient, `${customer.username}@example.com`)));
    expect(mails).toMatchObject([{ payload: { laneId: customer.walletLaneId, laneKind: "wallet", reason: "exhausted" } }]);
    expect(await walletOf(gateway.database, customer)).toMatchObject({ held: 0n });
  });

  test("a wallet that cannot pay has taken nothing over", async () => {
    const customer = await walletCustomer(gateway, "0.001");
    const lane = await codexLane(customer);
    decline(lane, "exhausted");
    expect((await post(customer)).status).toBe(402);
    expect(await gateway.database.orm.select().from(laneSpills).where(eq(laneSpills.userId, customer.userId))).toEqual([]);
  });
});

describe("a client that leaves", () => {
  test("in line or in mid-answer: the runner is told at once, and the log says interrupted", async () => {
    const { customer, lane } = await codexThenWallet();
    const waiting = send(gateway.url, customer, {
      body: { ...body, stream: false },
      leaveOn: reached(lane, (turn) => turn.frame({ kind: "queued", place: 3 })),
    });
    await expect(waiting).rejects.toThrow();
    await runner.turns[0]?.gone;
    runner.next(lane.accountId, (turn) => turn.begin("half an answer"));
    const reading = await send(gateway.url, customer, { body });
    await reading.until((exchange) => textIn(exchange).includes("half"));
    reading.leave();
    await runner.turns[1]?.gone;
    const rows = await loggedOf(gateway.database, customer, 2);
    expect(rows).toMatchObject([
      { outcome: "interrupted", clientGone: true, attempts: [{ outcome: "failed", reason: "client_gone" }] },
      { outcome: "interrupted", clientGone: true, laneId: lane.laneId, cost: 0n },
    ]);
  });

  const reached = (lane: TestCodexLane, script: (turn: ScriptedRunner["turns"][number]) => void) =>
    new Promise<void>((resolve) => {
      runner.next(lane.accountId, (turn) => {
        script(turn);
        resolve();
      });
    });
});

describe("a runner that goes away", () => {
  test("before an answer: the turn is run again, once, and the client notices nothing", async () => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => {
      turn.frame({ kind: "running", queuedMs: 0 });
      turn.cut();
    });
    const answer = await post(customer);
    expect(textIn(answer)).toBe("hello from codex");
    expect(runner.turns).toHaveLength(2);
    expect((await logOf(gateway.database, customer))[0]?.attempts).toMatchObject([{ outcome: "answered" }]);
  });

  test("twice: the lane counts as lost for a moment, and the next lane that may takes over", async () => {
    const { customer, lane } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 2 });
    runner.always(lane.accountId, (turn) => turn.cut());
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("api_key");
    expect(runner.turns).toHaveLength(2);
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ laneId: own, spillReason: "lost" });
    await eventually(async () =>
      expect((await gateway.database.orm.select().from(lanes).where(eq(lanes.id, lane.laneId)))[0]).toMatchObject({ state: "cooling" }),
    );
    await eventually(async () => {
      await post(customer);
      expect((await logOf(gateway.database, customer)).at(-1)).toMatchObject({
        spillReason: "lost",
        decisions: [{ reason: "cooling" }, { decision: "answered" }, {}],
      });
    });
  });

  test("in mid-answer: what was said stays said, and the stream ends as failed with a word to try again", async () => {
    const { customer, lane } = await codexThenWallet();
    let cut: () => void = () => {};
    runner.next(lane.accountId, (turn) => {
      turn.begin("half an ");
      cut = () => turn.cut();
    });
    const reading = await send(gateway.url, customer, { body });
    await reading.until((exchange) => textIn(exchange).includes("half"));
    cut();
    await reading.ended;
    expect(textIn(reading)).toBe("half an ");
    expect(responseIn(reading.events().at(-1))).toMatchObject({ status: "failed" });
    expect(runner.turns).toHaveLength(1);
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ outcome: "interrupted", laneId: lane.laneId });
  });

  test("a whole answer that broke off before its end reaches the client once, from the second run", async () => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => {
      turn.begin("never seen");
      turn.write('{"half":');
      turn.cut();
    });
    const answer = await post(customer, { stream: false });
    expect(answer.text()).toContain("hello from codex");
  });

  test("moved: the call follows the account to where it is driven", async () => {
    const { customer, lane } = await codexThenWallet();
    const other = await startScriptedRunner();
    try {
      runner.next(lane.accountId, (turn) => turn.status(409, { movedTo: other.address }));
      expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex");
      expect(other.turns).toHaveLength(1);
    } finally {
      await other.close();
    }
  });

  test("draining: the request waits for the runner that takes the lease", async () => {
    const { customer, lane } = await codexThenWallet();
    const heir = await startScriptedRunner();
    try {
      runner.always(lane.accountId, (turn) => {
        turn.status(503);
        void leaseTo(gateway.database, lane.accountId, heir.address);
      });
      expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex");
      expect(heir.turns).toHaveLength(1);
    } finally {
      await heir.close();
    }
  });

  test.each([["before an answer"], ["in mid-answer"]])(
    "without closing its connection, %s: that the account is driven elsewhere tells it",
    async (when) => {
      const { customer, lane } = await codexThenWallet();
      const heir = await startScriptedRunner();
      try {
        const isMidAnswer = when === "in mid-answer";
        runner.next(lane.accountId, (turn) => {
          turn.frame({ kind: "running", queuedMs: 0 });
          if (isMidAnswer) turn.begin("half an ");
          void leaseTo(gateway.database, lane.accountId, heir.address);
        });
        const answer = await post(customer);
        expect(textIn(answer)).toBe(isMidAnswer ? "half an " : "hello from codex");
        expect(answer.events().at(-1)).toMatchObject({ type: isMidAnswer ? "response.failed" : "response.completed" });
        expect(heir.turns).toHaveLength(isMidAnswer ? 0 : 1);
      } finally {
        await heir.close();
      }
    },
  );

  test("before it had the lease: another one of its machine begins at once", async () => {
    const { customer, lane } = await codexThenWallet();
    const other = await startScriptedRunner();
    try {
      await leaseTo(gateway.database, lane.accountId, "http://127.0.0.1:1");
      await gateway.database.sql`
        update chatgpt_accounts set lease_runner_id = null, lease_expires_at = null where id = ${lane.accountId}`;
      await gateway.database.sql`
        insert into runners (id, host, address, driver, isolation)
        select ${newId("run")}, host, ${other.address}, 'process', '{}' from chatgpt_accounts where id = ${lane.accountId}`;
      for (let turn = 1; turn <= 3; turn++) expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex");
      expect(other.turns).toHaveLength(3);
    } finally {
      await other.close();
    }
  });

  test.each([
    [400, 400, "lane_cannot"],
    [413, 400, "lane_cannot"],
    [404, 429, "lane_busy"],
    [500, 429, "lane_busy"],
  ])("is not what a runner is that answers %d: it is asked once, and the lane stays open", async (status, told, code) => {
    const { customer, lane } = await codexThenWallet();
    runner.next(lane.accountId, (turn) => turn.status(status));
    expect((await post(customer)).status).toBe(told);
    expect(runner.turns).toHaveLength(1);
    const [row] = await loggedOf(gateway.database, customer, 1);
    expect(row).toMatchObject({ errorCode: code, decisions: [{ laneId: lane.laneId, reason: `runner_status_${status}` }, {}] });
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex");
    expect((await gateway.database.orm.select().from(lanes).where(eq(lanes.id, lane.laneId)))[0]).toMatchObject({ state: "ready" });
  });

  test("is not what a runner is that does not know our secret: the operator is told", async () => {
    const { customer, lane } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 2 });
    runner.next(lane.accountId, (turn) => turn.status(401));
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("api_key");
    expect((await logOf(gateway.database, customer))[0]).toMatchObject({ laneId: own, spillReason: "lost" });
    await eventually(async () =>
      expect(await alarmsOf(gateway.database, "runner_secret_refused")).toMatchObject([{ subject: runner.address }]),
    );
  });

  test("long ago: nobody waits for it, and who comes back is found at once", async () => {
    const { customer, lane } = await codexThenWallet();
    const own = await addOwnLane(gateway, customer, { position: 2 });
    await giveUpLease(gateway.database, lane.accountId);
    await gateway.database.sql`
      update runners set ended_at = now() - interval '1 hour'
      where host = (select host from chatgpt_accounts where id = ${lane.accountId})`;
    for (let turn = 1; turn <= 2; turn++) await post(customer);
    const row = { laneId: own, spillReason: "lost", decisions: [{ reason: "no_runner" }, { decision: "answered" }, {}] };
    expect(await logOf(gateway.database, customer)).toMatchObject([row, row]);
    await leaseTo(gateway.database, lane.accountId, runner.address);
    expect((await post(customer)).headers["x-switchyard-lane"]).toBe("codex");
  });

  test("for good: the wallet stays shut and the client is told to try again", async () => {
    const { customer, lane } = await codexThenWallet();
    await giveUpLease(gateway.database, lane.accountId);
    const refused = await post(customer);
    expect(refused.status).toBe(429);
    expect(refused.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
    expect(await walletOf(gateway.database, customer)).toEqual(CREDIT);
  });
});
