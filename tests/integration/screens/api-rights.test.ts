import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GET as getLastUse } from "@/app/api/v1/keys/[keyId]/last-request/route";
import { POST as createShortKey } from "@/app/api/v1/keys/short-lived/route";
import { GET as getSignIn } from "@/app/api/v1/lanes/[laneId]/sign-in/route";
import { GET as getLanes } from "@/app/api/v1/lanes/route";
import { GET as getMe } from "@/app/api/v1/me/route";
import { GET as getRequest } from "@/app/api/v1/requests/[requestId]/route";
import { GET as exportRequests } from "@/app/api/v1/requests/export/route";
import { GET as getRequests } from "@/app/api/v1/requests/route";
import { GET as exportUsage } from "@/app/api/v1/usage/export/route";
import { GET as getLive } from "@/app/api/v1/usage/live/route";
import { GET as getUsage } from "@/app/api/v1/usage/route";
import { GET as exportWallet } from "@/app/api/v1/wallet/export/route";
import { GET as getWallet } from "@/app/api/v1/wallet/route";
import { withTransaction } from "@/db/transaction";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueKey } from "@/lib/keys/issue-key";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { revokeKey } from "@/lib/keys/revoke-key";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { systemClock } from "@/lib/time/clock";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { TEST_MASTER_KEY, testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest } from "@/tests/factories/request";

type Route<P> = (request: Request, context: { params: Promise<P> }) => Promise<Response>;

let database: TestDatabase;
let trade: { providerId: string; priceId: string };
beforeAll(async () => {
  database = await testDatabase();
  trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    NEXTAUTH_SECRET: TEST_MASTER_KEY,
    LOG_LEVEL: "error",
  });
});
afterAll(async () => {
  const { stop } = await gatewayRuntime();
  await stop(0);
  await runtime().db.close();
  await database.close();
});

function ask<P extends Record<string, string>>(route: Route<P>, secret: string, params = {} as P, query = ""): Promise<Response> {
  const request = new Request(`http://127.0.0.1/${query}`, { headers: { authorization: `Bearer ${secret}` } });
  return route(request, { params: Promise.resolve(params) });
}

async function bodyOf(answer: Promise<Response>): Promise<unknown> {
  const response = await answer;
  expect(response.status).toBe(200);
  return response.json();
}

function anotherKey({ userId }: TestCustomer, limits: Partial<KeyLimits>) {
  return withTransaction(database.orm, (tx) => issueKey(tx, { userId, name: "narrow", limits, actor: OPERATOR, clock: systemClock }));
}

function spend(customer: TestCustomer, keyId: string, cost: bigint, model: string) {
  return chargeTestRequest(database, { ...trade, customer: { ...customer, keyId }, amount: 10_000n, cost, row: { model } });
}

describe("a key that may not read the account", () => {
  let owner: TestCustomer;
  let narrow: { id: string; secret: string };
  let own: string;
  let others: string;
  beforeAll(async () => {
    owner = await testCustomer(database.orm, { creditUsd: "10" });
    narrow = await anotherKey(owner, { accountRead: false });
    own = (await spend(owner, narrow.id, 70n, "gpt-own")).requestId;
    others = (await spend(owner, owner.keyId, 300n, "gpt-others")).requestId;
  });

  test.each<[string, Route<never>]>([
    ["the wallet", getWallet],
    ["its export", exportWallet],
    ["the lanes", getLanes],
    ["what runs", getLive],
    ["a sign-in", getSignIn],
  ])("is refused %s, which a key with the right may read", async (_what, route) => {
    const params = { laneId: owner.walletLaneId } as never;
    const refused = await ask(route, narrow.secret, params);
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { code: "forbidden" } }]);
    // A wallet lane has no sign-in.
    expect((await ask(route, owner.secret, params)).status).toBe(route === getSignIn ? 404 : 200);
  });

  test("learns whose it is, and not the balance", async () => {
    expect(await bodyOf(ask(getMe, narrow.secret))).toEqual({
      user: { id: owner.userId, username: owner.username, role: "customer" },
      wallet: null,
    });
    expect(await bodyOf(ask(getMe, owner.secret))).toMatchObject({ wallet: { availableUsd: "9.999630" } });
  });

  test("sees its own requests and no others, in the list, by id and in the export", async () => {
    const idsOf = async (secret: string) =>
      ((await bodyOf(ask(getRequests, secret))) as { rows: { id: string }[] }).rows.map(({ id }) => id).toSorted();
    expect(await idsOf(narrow.secret)).toEqual([own]);
    expect(await idsOf(owner.secret)).toEqual([own, others].toSorted());
    expect((await ask(getRequest, narrow.secret, { requestId: own })).status).toBe(200);
    expect((await ask(getRequest, narrow.secret, { requestId: others })).status).toBe(404);
    expect((await ask(getRequest, owner.secret, { requestId: others })).status).toBe(200);
    const exported = await (await ask(exportRequests, narrow.secret)).text();
    expect([exported.includes(own), exported.includes(others)]).toEqual([true, false]);
  });

  test("cannot ask for those of another key", async () => {
    const refused = await ask(getRequests, narrow.secret, {}, `?key=${owner.keyId}`);
    expect([refused.status, await refused.json()]).toMatchObject([403, { error: { param: "key" } }]);
    expect((await ask(getRequests, narrow.secret, {}, `?key=${narrow.id}`)).status).toBe(200);
    expect((await ask(getLastUse, narrow.secret, { keyId: narrow.id })).status).toBe(200);
    expect((await ask(getLastUse, narrow.secret, { keyId: owner.keyId })).status).toBe(404);
  });

  test("sees its own usage and no other, by day, in a series and in the export", async () => {
    expect(await bodyOf(ask(getUsage, narrow.secret))).toMatchObject({
      total: { requests: 1, spentUsd: "0.000070" },
      byModel: [{ model: "gpt-own" }],
      byKey: [{ key: { id: narrow.id } }],
    });
    expect(await bodyOf(ask(getUsage, narrow.secret, {}, "?groupBy=model"))).toMatchObject({
      total: { requests: 1 },
      groups: [{ id: "gpt-own" }],
      groupsCount: 1,
    });
    const exported = await (await ask(exportUsage, narrow.secret, {}, "?groupBy=model")).text();
    expect([exported.includes("gpt-own"), exported.includes("gpt-others")]).toEqual([true, false]);
    expect(await bodyOf(ask(getUsage, owner.secret))).toMatchObject({ total: { requests: 2, spentUsd: "0.000370" } });
  });

  test("is what a helper fetches, whatever the key that it stands for may read", async () => {
    const helper = await withTransaction(database.orm, (tx) =>
      issueHelper(tx, { keyId: owner.keyId, userId: owner.userId, name: "laptop", actor: OPERATOR, clock: systemClock }),
    );
    const headers = { authorization: `Bearer ${helper.secret}` };
    const { key } = (await bodyOf(createShortKey(new Request("http://127.0.0.1/", { method: "POST", headers })))) as { key: string };
    expect((await ask(getWallet, key)).status).toBe(403);
    expect(await bodyOf(ask(getRequests, key))).toMatchObject({ rows: [{ id: others }] });
  });
});

test("what belongs to somebody else does not exist, and neither does an id that none can be", async () => {
  const [ada, bob] = [await testCustomer(database.orm, { creditUsd: "1" }), await testCustomer(database.orm)];
  const { requestId } = await spend(ada, ada.keyId, 5n, "gpt-5.5");
  const { laneId: codexLane } = await addCodexLane(database, ada, { label: "Hers", address: "http://127.0.0.1:1" });
  expect((await ask(getSignIn, ada.secret, { laneId: codexLane })).status).toBe(200);
  const asked = (id: string, keyId: string, laneId: string) => [
    ask(getRequest, bob.secret, { requestId: id }),
    ask(getLastUse, bob.secret, { keyId }),
    ask(getSignIn, bob.secret, { laneId }),
  ];
  for (const answer of [...asked(requestId, ada.keyId, codexLane), ...asked("req_\0", "key_\0", "lane_\0")]) {
    expect((await answer).status).toBe(404);
  }
  expect(await bodyOf(ask(getRequests, bob.secret, {}, `?key=${ada.keyId}`))).toMatchObject({ rows: [] });
  expect(await bodyOf(ask(getRequests, bob.secret, {}, `?id=${requestId}`))).toMatchObject({ rows: [] });
});

test("a filter with a NUL, and an instant that no database keeps, are refused with their names", async () => {
  const { secret, keyId } = await testCustomer(database.orm);
  const errorOf = async (answer: Promise<Response>) => [(await answer).status, await (await answer).json()];
  expect(await errorOf(ask(getRequests, secret, {}, "?model=%00"))).toMatchObject([400, { error: { param: "model" } }]);
  expect(await errorOf(ask(getLastUse, secret, { keyId }, "?since=%2B275000-01-01T00:00:00Z"))).toMatchObject([
    400,
    { error: { param: "since" } },
  ]);
});

test("a key's requests per minute bound what it reads", async () => {
  const customer = await testCustomer(database.orm);
  const { secret } = await anotherKey(customer, { requestsPerMinuteMax: 2 });
  const statuses = [];
  for (let at = 0; at < 3; at += 1) statuses.push((await ask(getMe, secret)).status);
  expect(statuses).toEqual([200, 200, 429]);
  const refused = await ask(getMe, secret);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask(getMe, customer.secret)).status).toBe(200);
});

test("a key and a helper's secret that nobody has are looked up once", async () => {
  const shortKey = (secret: string) => {
    const headers = { authorization: `Bearer ${secret}` };
    return createShortKey(new Request("http://127.0.0.1/", { method: "POST", headers }));
  };
  expect([(await ask(getMe, "sk-sy-nobody")).status, (await shortKey("sy-helper-nobody")).status]).toEqual([401, 401]);
  const select = vi.spyOn(runtime().db.orm, "select");
  expect([(await ask(getMe, "sk-sy-nobody")).status, (await shortKey("sy-helper-nobody")).status]).toEqual([401, 401]);
  expect(select).not.toHaveBeenCalled();
  select.mockRestore();
});

test("a revoked key stops reading though it was read with a moment ago", async () => {
  const { secret, keyId } = await testCustomer(database.orm);
  expect((await ask(getMe, secret)).status).toBe(200);
  await withTransaction(database.orm, (tx) => revokeKey(tx, { keyId, actor: OPERATOR, clock: systemClock }));
  await eventually(async () => expect((await ask(getMe, secret)).status).toBe(401));
});
