import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { withTransaction } from "@/db/transaction";
import { selectProvider } from "@/lib/providers/select-provider";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";
import { send, sendWhole } from "@/tests/factories/exchange";
import {
  addTestProvider,
  alarmsOf,
  logOf,
  MODEL,
  OPERATOR_SECRET,
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

const body = { model: MODEL, input: "say: hello", stream: true };
const post = (customer: Pick<TestCustomer, "secret">, more: object = {}, headers: Record<string, string> = {}) =>
  sendWhole(gateway.url, customer, { body: { ...body, ...more }, headers });
const sent = () => gateway.simulator.requests.at(-1);
const select = (providerId: string) => withTransaction(gateway.database.orm, (tx) => selectProvider(tx, { providerId, actor: OPERATOR }));

test("nothing of the operator's account reaches a customer, in headers or in events", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ openaiModelHeader: "gpt-secret", headers: { "x-codex-primary-used-percent": "93", "x-internal": "1" } });
  const answer = await post(customer);
  expect(answer.status).toBe(200);
  for (const name of Object.keys(answer.headers)) {
    expect(name).not.toMatch(/^(openai-organization|openai-project|openai-model|x-ratelimit|set-cookie|x-codex-|x-internal)/);
  }
  const everything = JSON.stringify(answer.headers) + answer.text();
  for (const secret of ["org-operator-of-all", "gpt-secret", OPERATOR_SECRET, "__cf_bm"]) expect(everything).not.toContain(secret);
});

test("nothing of a customer's account reaches the operator's key", async () => {
  const customer = await walletCustomer(gateway);
  await post(
    customer,
    { user: "jane@example.com", store: true },
    {
      "openai-organization": "org-theirs",
      "openai-project": "proj-theirs",
      cookie: "a=b",
      "x-forwarded-for": "203.0.113.1",
      "idempotency-key": "k1",
    },
  );
  const headers = sent()?.headers ?? {};
  expect(headers.authorization).toBe(`Bearer ${OPERATOR_SECRET}`);
  for (const name of ["openai-organization", "openai-project", "cookie", "x-forwarded-for", "idempotency-key"])
    expect(headers[name]).toBeUndefined();
  expect(sent()?.json).toMatchObject({ store: false });
  expect(sent()?.json).not.toHaveProperty("user");
  expect(sent()?.body.toString()).not.toContain(customer.secret);
});

test("cache keys and safety identifiers are the owner's own: equal for one owner, never for two", async () => {
  const [one, two] = [await walletCustomer(gateway), await walletCustomer(gateway)];
  const seen = async (customer: TestCustomer, key: string, more: object = {}) => {
    await post(customer, { prompt_cache_key: key, ...more });
    return sent()?.json as { prompt_cache_key: string; safety_identifier: string };
  };
  const first = await seen(one, "thread-1");
  expect(await seen(one, "thread-1", { safety_identifier: "chosen by the client" })).toMatchObject(first);
  const other = await seen(two, "thread-1");
  expect(other.prompt_cache_key).not.toBe(first.prompt_cache_key);
  expect(other.safety_identifier).not.toBe(first.safety_identifier);
  expect((await seen(one, "thread-2")).prompt_cache_key).not.toBe(first.prompt_cache_key);
  expect(JSON.stringify(first)).not.toMatch(/thread-1|usr_/);
});

test("a refusal of the operator's key names neither the key nor the organisation, and alarms", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({
    refuse: {
      status: 401,
      body: { error: { message: `Incorrect API key ${OPERATOR_SECRET} for org-OperatorOfAll`, code: "invalid_api_key" } },
    },
  });
  const answer = await post(customer);
  expect(answer.status).toBe(503);
  expect(answer.text()).not.toMatch(/org-|sk-|Incorrect/);
  expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n, held: 0n });
  await eventually(async () =>
    expect(await alarmsOf(gateway.database, "provider_declines")).toMatchObject([{ subject: gateway.providerId }]),
  );
});

test("a refused request shows its reason without the operator's organisation", async () => {
  gateway.simulator.control.next({
    refuse: {
      status: 400,
      body: { error: { message: "Bad for org-AbCdEf123456 in proj-XyZ987654", code: null, type: "invalid_request_error" } },
    },
  });
  const answer = await post(await walletCustomer(gateway));
  expect(answer.status).toBe(400);
  expect(answer.text()).toContain("Bad for");
  expect(answer.text()).not.toMatch(/AbCdEf|XyZ987/);
});

test("another provider serves new requests at once, and leaves running ones where they are", async () => {
  const customer = await walletCustomer(gateway);
  const second = await addTestProvider(gateway.database.orm, { name: "second", simulator: gateway.ownSimulator });
  gateway.simulator.control.next({ gate: { afterEvents: 6 } });
  const running = await send(gateway.url, customer, { body });
  await running.until((exchange) => exchange.events().length >= 5);
  await select(second);
  const asked = gateway.ownSimulator.requests.length;
  await eventually(async () => {
    expect((await post(customer)).status).toBe(200);
    expect(gateway.ownSimulator.requests.length).toBeGreaterThan(asked);
  });
  gateway.simulator.control.release();
  expect(await running.ended).toBe("whole");
  const rows = await logOf(gateway.database, customer);
  expect(rows[0]).toMatchObject({ outcome: "completed", providerId: gateway.providerId });
  expect(rows.at(-1)).toMatchObject({ outcome: "completed", providerId: second });
  await select(gateway.providerId);
  await eventually(async () => {
    await post(customer);
    expect((await logOf(gateway.database, customer)).at(-1)?.providerId).toBe(gateway.providerId);
  });
});

test("an answer from another model or at another tier is served, charged and alarmed", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.next({ servedModel: "gpt-4o-mini", servedTier: "priority" });
  expect((await post(customer)).status).toBe(200);
  expect((await logOf(gateway.database, customer))[0]).toMatchObject({ servedModel: "gpt-4o-mini", outcome: "completed" });
  await eventually(async () => {
    expect(await alarmsOf(gateway.database, "served_model_differs")).toMatchObject([{ subject: gateway.providerId }]);
    expect(await alarmsOf(gateway.database, "service_tier_differs")).toHaveLength(1);
  });
});

test("a dated name of the same model alarms nobody", async () => {
  gateway.simulator.control.next({ servedModel: `${MODEL}-2026-04-01` });
  await gateway.database.sql`update alarms set resolved_at = now()`;
  await post(await walletCustomer(gateway));
  expect(await alarmsOf(gateway.database, "served_model_differs")).toEqual([]);
});

test("a provider that stops reporting usage trips off, and wallets are not served until another is selected", async () => {
  const customer = await walletCustomer(gateway);
  gateway.simulator.control.always({ usage: "omit" });
  await eventually(async () => expect((await post(customer)).status).toBe(503));
  expect((await logOf(gateway.database, customer)).filter((row) => row.outcome === "completed").length).toBeGreaterThanOrEqual(5);
  await eventually(async () => expect(await alarmsOf(gateway.database, "provider_tripped")).toHaveLength(1));
  await expect(select(gateway.providerId)).rejects.toMatchObject({ code: "conflict" });
});
