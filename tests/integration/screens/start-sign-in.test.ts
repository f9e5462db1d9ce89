import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startSignIn } from "@/app/_server/start-sign-in";
import { GET as getLanes } from "@/app/api/v1/lanes/route";
import { GET as getSignIn } from "@/app/api/v1/lanes/[laneId]/sign-in/route";
import { withTransaction } from "@/db/transaction";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { setCodexLanes } from "@/lib/settings/codex-switch";
import { stampDatabase } from "@/lib/settings/database-mode";
import { OPERATOR } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { leasedAccount } from "@/tests/factories/leased-account";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

const SECRET = "a secret that web and the runners share";

let db: TestDatabase;
/** Stands where the runner of every account here is. */
const runner = createServer((req, res) => {
  void readJson(req).then((body) => {
    asked.push({ url: req.url ?? "", authorization: req.headers.authorization, body });
    res.writeHead(status).end("{}");
  });
});
let asked: { url: string; authorization: string | undefined; body: unknown }[];
let status: number;

beforeAll(async () => {
  db = await testDatabase();
  await withTransaction(db.orm, (tx) => stampDatabase(tx, "simulated"));
  Object.assign(process.env, {
    DATABASE_URL: db.url,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    NEXTAUTH_SECRET: TEST_MASTER_KEY,
    RUNNER_SECRET: SECRET,
    LOG_LEVEL: "error",
  });
  await new Promise<void>((listening) => runner.listen(0, "127.0.0.1", listening));
});
beforeEach(() => {
  asked = [];
  status = 200;
});
afterAll(async () => {
  const { stop } = await gatewayRuntime();
  await stop(0);
  await runtime().db.close();
  await new Promise((closed) => runner.close(closed));
  await db.close();
});

async function account() {
  const leased = await leasedAccount(db);
  const address = `http://127.0.0.1:${(runner.address() as AddressInfo).port}`;
  await db.sql`update runners set address = ${address} where id = ${leased.proof.runnerId}`;
  return leased;
}

function begin({ accountId, customer }: Awaited<ReturnType<typeof account>>) {
  return startSignIn({ accountId, userId: customer.userId, address: "203.0.113.7" });
}

async function ask<P extends Record<string, string>>(
  route: (request: Request, context: { params: Promise<P> }) => Promise<Response>,
  secret: string,
  params: P,
) {
  const request = new Request("http://127.0.0.1/", { headers: { authorization: `Bearer ${secret}` } });
  const answer = await route(request, { params: Promise.resolve(params) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

test("the runner of the account is asked, with the shared secret, to do the sign-in that was written down", async () => {
  const mine = await account();
  const { accountId, laneId, customer } = mine;
  await begin(mine);
  const { body } = await ask(getSignIn, customer.secret, { laneId });
  expect(body).toMatchObject({ signIn: { state: "starting", code: null } });
  const { id } = body["signIn"] as { id: string };
  expect(asked).toEqual([
    {
      url: `/accounts/${accountId}/sign-in`,
      authorization: `Bearer ${SECRET}`,
      body: { userId: customer.userId, signInId: id, address: "203.0.113.7" },
    },
  ]);
  expect((await ask(getLanes, customer.secret, {})).body).toMatchObject({ codexOn: true, rows: [{ id: laneId, state: "signing_in" }, {}] });
});

test("a runner that cannot do it leaves a failed sign-in that says so, and the next one can be begun at once", async () => {
  const words = /could not do this\. Try again/;
  const mine = await account();
  status = 500;
  await expect(begin(mine)).rejects.toMatchObject({ code: "upstream_unavailable", message: expect.stringMatching(words) });
  const { body } = await ask(getSignIn, mine.customer.secret, { laneId: mine.laneId });
  expect(body).toMatchObject({ signIn: { state: "failed", message: expect.stringMatching(words) } });
  expect((await ask(getLanes, mine.customer.secret, {})).body).toMatchObject({
    rows: [{ state: "signed_out", account: { state: "new" } }, {}],
  });
  status = 200;
  await begin(mine);
});

test.each([
  ["is being restarted", () => void (status = 503)],
  ["is not there yet", () => db.sql`update runners set ended_at = now()`],
])("while a runner %s the sign-in waits for the next one", async (_, arrange) => {
  const mine = await account();
  await arrange();
  await begin(mine);
  const { body } = await ask(getSignIn, mine.customer.secret, { laneId: mine.laneId });
  expect(body).toMatchObject({ signIn: { state: "starting" } });
});

test("while the operator's switch is off nothing is begun, and the list of lanes says that it is off", async () => {
  const mine = await account();
  const turn = (enabled: boolean) => withTransaction(db.orm, (tx) => setCodexLanes(tx, { enabled, actor: OPERATOR, note: "a test" }));
  await turn(false);
  await expect(begin(mine)).rejects.toMatchObject({ code: "paused" });
  expect((await ask(getSignIn, mine.customer.secret, { laneId: mine.laneId })).body).toEqual({ signIn: null });
  expect((await ask(getLanes, mine.customer.secret, {})).body).toMatchObject({ codexOn: false });
  await turn(true);
});

test("the sign-in of somebody else's lane does not exist", async () => {
  const [mine, other] = [await account(), await account()];
  expect((await ask(getSignIn, other.customer.secret, { laneId: mine.laneId })).status).toBe(404);
  expect((await ask(getSignIn, other.customer.secret, { laneId: other.customer.walletLaneId })).status).toBe(404);
});

async function readJson(req: IncomingMessage): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for await (const part of req) parts.push(part as Uint8Array);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}
