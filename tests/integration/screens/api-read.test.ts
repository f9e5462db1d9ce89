import { afterAll, beforeAll, expect, test } from "vitest";
import { GET } from "@/app/api/v1/me/route";
import { GET as exportUsage } from "@/app/api/v1/usage/export/route";
import { withTransaction } from "@/db/transaction";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "simulated"));
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
  await Promise.all([runtime().db.close(), runtime().exportDb.close()]);
  await database.close();
});

test("every answer of a simulated installation to a machine says so, errors too", async () => {
  const { secret, username } = await testCustomer(database.orm);
  const ask = (key: string) => {
    const request = new Request("http://127.0.0.1/api/v1/me", { headers: { authorization: `Bearer ${key}` } });
    return GET(request, { params: Promise.resolve({}) });
  };
  const answer = await ask(secret);
  expect(await answer.json()).toMatchObject({ user: { username } });
  for (const { headers } of [answer, await ask("wrong")]) {
    expect(headers.get("x-switchyard-simulated")).toBe("1");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("exports that wait, however many, do not make anybody else wait for a connection", async () => {
  const { secret } = await testCustomer(database.orm);
  const ask = (get: typeof GET, path: string) =>
    get(new Request(`http://127.0.0.1${path}`, { headers: { authorization: `Bearer ${secret}` } }), { params: Promise.resolve({}) });
  const exports: Promise<Response>[] = [];
  // Only exports of usage read this table, of all that is asked here.
  await database.connect().sql.begin(async (tx) => {
    await tx`lock table usage_rolled in access exclusive mode`;
    const waiting = () => database.sql`select 1 from pg_locks where relation = 'usage_rolled'::regclass and not granted`;
    // The first part is asked for before the answer begins, behind the line with the names.
    for (let count = 0; count < 9; count++) exports.push(ask(exportUsage, "/api/v1/usage/export").then(wholeOf));
    await eventually(async () => expect(await waiting()).toHaveLength(1));
    expect((await ask(GET, "/api/v1/me")).status).toBe(200);
  });
  expect((await Promise.all(exports)).map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 200));

  async function wholeOf(response: Response): Promise<Response> {
    await response.text();
    return response;
  }
});
