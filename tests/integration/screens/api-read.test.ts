import { afterAll, beforeAll, expect, test } from "vitest";
import { GET } from "@/app/api/v1/me/route";
import { withTransaction } from "@/db/transaction";
import { runtime } from "@/lib/runtime/runtime";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
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
  await runtime().db.close();
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
