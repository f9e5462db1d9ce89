import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { eq } from "drizzle-orm";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { listKeys } from "@/lib/keys/read";
import { revokeKey } from "@/lib/keys/revoke-key";
import { rotateKey } from "@/lib/keys/rotate-key";
import { parseUsd } from "@/lib/money/micro-usd";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { send, sendWhole } from "@/tests/factories/exchange";
import { keyWith, loggedOf, logOf, MODEL, testGateway, walletCustomer, walletOf, type TestGateway } from "@/tests/factories/gateway";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ timings: { moneyWaitMs: 500 } });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.always(null));

const body = { model: MODEL, input: "say: hello" };
const CODEX = { originator: "codex_exec", "user-agent": "codex_exec/0.169.0" };
const post = (customer: Pick<TestCustomer, "secret">, more: object = {}, headers: Record<string, string> = {}) =>
  sendWhole(gateway.url, customer, { body: { ...body, ...more }, headers });
const lastSent = () => gateway.simulator.requests.at(-1)?.json as Record<string, unknown>;

describe("the wallet", () => {
  test("that is empty refuses with the link to its credit, sends nothing, and tells Codex in its own words", async () => {
    const customer = await testCustomer(gateway.database.orm);
    const before = gateway.simulator.requests.length;
    const sdk = await post(customer);
    expect(sdk.status).toBe(402);
    expect(sdk.json()).toMatchObject({
      error: { code: "insufficient_quota", message: expect.stringMatching(/How to add credit: http:\/\/.*\/dashboard\/wallet$/) as string },
    });
    const codex = await post(customer, { stream: true }, CODEX);
    expect(codex.status).toBe(400);
    expect(codex.json()).toMatchObject({
      error: { code: "invalid_prompt", message: expect.stringContaining("How to add credit") as string },
    });
    expect(gateway.simulator.requests.length).toBe(before);
    expect(await loggedOf(gateway.database, customer, 2)).toMatchObject([
      { outcome: "refused", status: 402, errorCode: "wallet_empty", cost: 0n, holdId: null },
      { outcome: "refused", status: 400, errorCode: "wallet_empty", cost: 0n, holdId: null },
    ]);
  });

  test("that covers a shorter answer gets a shorter one, told so upstream and on the log", async () => {
    const customer = await testCustomer(gateway.database.orm, { creditUsd: "0.2" });
    expect((await post(customer)).status).toBe(200);
    const cap = lastSent()["max_output_tokens"] as number;
    expect(cap).toBeGreaterThanOrEqual(4_000);
    expect(cap).toBeLessThan(6_700);
    const [row] = await logOf(gateway.database, customer);
    expect(row?.edits).toContain(`Wallet: max_output_tokens set to ${cap} (what the wallet covers)`);
    expect(row?.holdAmount).toBeLessThanOrEqual(200_000n);
  });

  test("is never clamped below the floor", async () => {
    const customer = await testCustomer(gateway.database.orm, { creditUsd: "0.119" });
    expect((await post(customer)).status).toBe(402);
    expect((await post(customer, { max_output_tokens: 1_000 })).status).toBe(200);
  });

  test("that cut an answer short says so to Codex, with the link, and charges what was said", async () => {
    const customer = await testCustomer(gateway.database.orm, { creditUsd: "0.125" });
    const answer = await post(customer, { input: "tokens: 9000", stream: true }, CODEX);
    expect(answer.status).toBe(200);
    expect(answer.events().at(-1)).toMatchObject({
      type: "response.failed",
      response: { error: { code: "invalid_prompt", message: expect.stringContaining("How to add credit") as string } },
    });
    const [row] = await logOf(gateway.database, customer);
    expect(row).toMatchObject({ outcome: "incomplete", errorCode: "wallet_empty" });
    expect(row?.cost).toBeGreaterThan(100_000n);
    expect((await walletOf(gateway.database, customer)).available).toBe(125_000n - (row?.cost ?? 0n));
  });

  test("that cut an answer short leaves an SDK its own incomplete", async () => {
    const customer = await testCustomer(gateway.database.orm, { creditUsd: "0.125" });
    const answer = await post(customer, { input: "tokens: 9000", stream: true });
    expect(answer.events().at(-1)).toMatchObject({ type: "response.incomplete" });
  });
});

describe("the output ceiling of a key", () => {
  test("is spliced in below the model's own, and bounds the hold", async () => {
    const customer = await walletCustomer(gateway);
    const key = await keyWith(gateway, customer, { outputTokensMax: 5_000 });
    await post(key);
    expect(lastSent()["max_output_tokens"]).toBe(5_000);
    await post(key, { max_output_tokens: 100_000 });
    expect(lastSent()["max_output_tokens"]).toBe(5_000);
    await post(key, { max_output_tokens: 50 });
    expect(lastSent()["max_output_tokens"]).toBe(50);
    const [row] = await logOf(gateway.database, customer);
    expect(row?.holdAmount).toBeLessThan(152_000n);
  });
});

describe("budgets", () => {
  const SPENT = parseUsd("0.5");

  test.each(["day", "week", "month"] as const)(
    "a %s's budget is refused when it is used up, with the instant of its reset, and opens then",
    async (unit) => {
      const customer = await walletCustomer(gateway);
      const key = await keyWith(gateway, customer, { [`budget${unit[0]?.toUpperCase()}${unit.slice(1)}`]: SPENT });
      const { sql } = gateway.database;
      await sql`update api_key_usage set ${sql(`${unit}_spent`)} = ${SPENT.toString()}, ${sql(`${unit}_start`)} = period_start(${unit}) where key_id = ${key.keyId}`;
      const refused = await post(key);
      expect(refused.status).toBe(402);
      const [row] = await sql<{ at: Date }[]>`select period_start(${unit}) + ${`1 ${unit}`}::interval as at`;
      expect(refused.json()).toMatchObject({ error: { message: expect.stringContaining(row?.at.toISOString() ?? "never") as string } });
      await sql`update api_key_usage set ${sql(`${unit}_start`)} = period_start(${unit}) - ${`1 ${unit}`}::interval where key_id = ${key.keyId}`;
      expect((await post(key)).status).toBe(200);
    },
  );

  test("a budget that is used up, or that cut an answer short, leads to the page of the very key", async () => {
    const customer = await walletCustomer(gateway);
    const empty = await keyWith(gateway, customer, { budgetDay: parseUsd("0") });
    const refused = await post(empty);
    expect(refused.json<{ error: { message: string } }>().error.message).toMatch(new RegExp(`/dashboard/keys/${empty.keyId}\\.$`));
    const short = await keyWith(gateway, customer, { budgetDay: parseUsd("0.125") });
    const cut = await post(short, { input: "tokens: 9000", stream: true }, CODEX);
    expect(cut.events().at(-1)).toMatchObject({
      type: "response.failed",
      response: { error: { message: expect.stringMatching(new RegExp(`/dashboard/keys/${short.keyId}\\.$`)) as string } },
    });
  });

  test("a budget below the usual hold still buys a shorter answer", async () => {
    const customer = await walletCustomer(gateway);
    const key = await keyWith(gateway, customer, { budgetDay: SPENT });
    expect((await post(key)).status).toBe(200);
    const [row] = await logOf(gateway.database, customer);
    expect(row?.holdAmount).toBeLessThanOrEqual(500_000n);
    expect(row?.edits).toContainEqual(expect.stringMatching(/max_output_tokens set to \d+ \(what the budget covers\)/));
  });

  test("what runs at once never spends more than the budget", async () => {
    const customer = await walletCustomer(gateway);
    const key = await keyWith(gateway, customer, { budgetDay: SPENT });
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(key, { input: "tokens: 3000", max_output_tokens: 4_000 })));
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer.status !== 200).length).toBeGreaterThan(0);
    const spent = (await logOf(gateway.database, customer)).reduce((sum, row) => sum + row.cost, 0n);
    expect(spent).toBeLessThanOrEqual(SPENT);
  });

  test("a budget counts one key, not the other keys of its owner", async () => {
    const customer = await walletCustomer(gateway);
    const key = await keyWith(gateway, customer, { budgetMonth: parseUsd("0") });
    expect((await post(key)).status).toBe(402);
    expect((await post(customer)).status).toBe(200);
  });
});

describe("a rotated key and the one that took its place", () => {
  const DAY_MS = 86_400_000;

  async function rotated(customer: TestCustomer, keyId: string) {
    const { id, secret } = await withTransaction(gateway.database.orm, (tx) =>
      rotateKey(tx, { keyId, userId: customer.userId, graceMs: DAY_MS, actor: OPERATOR, clock: systemClock }),
    );
    return { keyId: id, secret };
  }

  test("have one budget: what runs at once on both never spends more, nor does what comes after another rotation", async () => {
    const customer = await walletCustomer(gateway);
    const budget = parseUsd("0.5");
    const old = await keyWith(gateway, customer, { budgetMonth: budget });
    const key = await rotated(customer, old.keyId);
    const burst = (keys: readonly Pick<TestCustomer, "secret">[]) =>
      Promise.all(
        Array.from({ length: 20 }, (_, at) => post(keys[at % keys.length]!, { input: "tokens: 3000", max_output_tokens: 4_000 })),
      );
    const answers = await burst([old, key]);
    expect(answers.some((answer) => answer.status === 200)).toBe(true);
    expect(answers.some((answer) => answer.status !== 200)).toBe(true);
    const third = await rotated(customer, key.keyId);
    await burst([old, key, third]);
    const spent = (await logOf(gateway.database, customer)).reduce((sum, row) => sum + row.cost, 0n);
    expect(spent).toBeLessThanOrEqual(budget);
    const keys = await listKeys(gateway.database.orm, customer.viewer, { userId: customer.userId });
    const shown = keys.filter(({ id }) => id !== customer.keyId).map(({ month }) => parseUsd(month.spentUsd));
    expect(shown).toEqual([spent, spent, spent]);
  });

  test("have one budget also when the old one has ended", async () => {
    const customer = await walletCustomer(gateway);
    const old = await keyWith(gateway, customer, { budgetMonth: parseUsd("0.5") });
    const { sql } = gateway.database;
    await sql`update api_key_usage set month_spent = 500000, month_start = period_start('month') where key_id = ${old.keyId}`;
    const key = await rotated(customer, old.keyId);
    await sql`update api_keys set revoked_at = now() where id = ${old.keyId}`;
    expect((await post(key)).status).toBe(402);
  });

  test("are counted together by requests per minute", async () => {
    const customer = await walletCustomer(gateway);
    const old = await keyWith(gateway, customer, { requestsPerMinuteMax: 3 });
    const key = await rotated(customer, old.keyId);
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => post(at % 2 === 0 ? old : key)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
    expect(answers.filter((answer) => answer.status === 429)).toHaveLength(9);
  });

  test("share the number that may run at once", async () => {
    const customer = await walletCustomer(gateway);
    const old = await keyWith(gateway, customer, { concurrencyMax: 2 });
    const key = await rotated(customer, old.keyId);
    const { control } = gateway.simulator;
    control.always({ gate: "before_headers" });
    const running = [post(old), post(key)];
    await control.until((counts) => counts.held === 2);
    expect((await post(key)).status).toBe(429);
    expect((await post(old)).status).toBe(429);
    control.always(null);
    control.release();
    await Promise.all(running);
    expect((await post(key)).status).toBe(200);
  });
});

describe("rate and concurrency", () => {
  test("requests per minute are counted over all requests of a key, and again after a minute", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), { requestsPerMinuteMax: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(key)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
    const refused = answers.find((answer) => answer.status === 429);
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
    await gateway.database.sql`update api_key_usage set minute_start = minute_start - interval '61 seconds' where key_id = ${key.keyId}`;
    expect((await post(key)).status).toBe(200);
  });

  test("no more than the allowed number runs at once, and an ended request frees its place", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), { concurrencyMax: 2 });
    const { control } = gateway.simulator;
    control.always({ gate: "before_headers" });
    const running = [post(key), post(key)];
    await control.until((counts) => counts.held === 2);
    expect((await post(key)).status).toBe(429);
    control.always(null);
    control.release();
    await Promise.all(running);
    expect((await post(key)).status).toBe(200);
  });

  test("a place that a dead process held is free again after its heartbeat", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), { concurrencyMax: 1 });
    const { sql } = gateway.database;
    await sql`insert into admissions (request_id, key_id, user_id, process_id, admitted_at)
      values ('req_of_the_dead', ${key.keyId}, ${key.userId}, 'proc_dead', now() - interval '10 minutes')`;
    expect((await post(key)).status).toBe(429);
    await sql`select expire_dead_holds(60, 86400, 100)`;
    expect((await post(key)).status).toBe(200);
  });
});

describe("what a key may do", () => {
  test("only its models, for which it is told the others; a default fills in for none", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), { models: [MODEL], defaultModel: MODEL });
    const refused = await post(key, { model: "gpt-4o" });
    expect(refused.status).toBe(404);
    expect(refused.json()).toMatchObject({
      error: { code: "model_not_found", param: "model", message: expect.stringContaining(MODEL) as string },
    });
    expect((await post(key, { model: undefined })).status).toBe(200);
    expect(lastSent()["model"]).toBe(MODEL);
    const listed = await sendWhole(gateway.url, key, { method: "GET", path: "/v1/models" });
    expect(listed.json<{ data: { id: string }[] }>().data.map((model) => model.id)).toEqual([MODEL]);
  });

  test("without a default a request must name its model", async () => {
    expect((await post(await walletCustomer(gateway), { model: undefined })).json()).toMatchObject({ error: { param: "model" } });
  });

  test("a model without a price is refused by name", async () => {
    const refused = await post(await walletCustomer(gateway), { model: "gpt-unpriced" });
    expect(refused.status).toBe(404);
    expect(refused.json()).toMatchObject({ error: { code: "model_not_found" } });
  });

  test("nothing once it has expired, without a restart", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), {});
    expect((await post(key)).status).toBe(200);
    await gateway.database.sql`update api_keys set expires_at = now() - interval '1 second' where id = ${key.keyId}`;
    await eventually(async () => expect((await post(key)).status).toBe(401));
    const codex = await post(key, {}, CODEX);
    expect(codex.status).toBe(401);
  });

  test("nothing from another address", async () => {
    const key = await keyWith(gateway, await walletCustomer(gateway), { ipAllow: ["203.0.113.0/24"] });
    const refused = await post(key);
    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({
      error: { message: expect.stringMatching(new RegExp(`/dashboard/keys/${key.keyId}\\.$`)) as string },
    });
    expect((await post(key, {}, { "x-forwarded-for": "203.0.113.9" })).status).toBe(200);
    expect((await post(key, {}, { "x-forwarded-for": "203.0.113.9, 198.51.100.1" })).status).toBe(401);
  });

  test("nothing from the request after its revocation on, whatever was cached", async () => {
    const customer = await walletCustomer(gateway);
    expect((await post(customer)).status).toBe(200);
    await withTransaction(gateway.database.orm, (tx) => revokeKey(tx, { keyId: customer.keyId, actor: OPERATOR, clock: systemClock }));
    const refused = await post(customer);
    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ error: { code: "invalid_api_key", message: expect.stringContaining("revoked") as string } });
    // The list of models costs nothing and asks the cache alone: the database's notice empties it.
    await eventually(async () => expect((await sendWhole(gateway.url, customer, { method: "GET", path: "/v1/models" })).status).toBe(401));
  });

  test("nothing while its owner is suspended", async () => {
    const customer = await walletCustomer(gateway);
    const set = (status: "active" | "suspended") => gateway.database.orm.update(users).set({ status }).where(eq(users.id, customer.userId));
    expect((await post(customer)).status).toBe(200);
    await set("suspended");
    expect((await post(customer)).status).toBe(403);
    await set("active");
    await eventually(async () => expect((await post(customer)).status).toBe(200));
  });

  test("a key that nobody has is refused before its body is read", async () => {
    const refused = await send(gateway.url, { secret: "sk-sy-nobody" }, { body: "x".repeat(5_000_000) });
    expect(refused.status).toBe(401);
    expect((await send(gateway.url, { secret: "" }, { body })).status).toBe(401);
  });
});
