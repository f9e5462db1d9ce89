import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { users } from "@/db/schema/users";
import { KeyCache } from "@/lib/keys/key-cache";
import { verifyKey } from "@/lib/keys/verify-key";
import { systemClock } from "@/lib/time/clock";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

let database: TestDatabase;
let customer: TestCustomer;
beforeAll(async () => {
  database = await testDatabase();
  customer = await testCustomer(database.orm);
});
afterAll(() => database.close());

test.each([
  ["unverified", "paused", "no confirmed e-mail address"],
  ["pending", "paused", "waits to be let in by the operator"],
  ["rejected", "paused", "refused this account"],
  ["suspended", "paused", "is suspended. Ask the operator."],
  ["deleted", "key_revoked", "an account that was deleted"],
] as const)("a key of an account that is %s is refused as %s, and the words say why", async (status, code, words) => {
  const deletedAt = status === "deleted" ? new Date() : null;
  await database.orm
    .update(users)
    .set({ status, deletedAt, ...(deletedAt && { passwordHash: null }) })
    .where(eq(users.id, customer.userId));
  const cache = new KeyCache(database.orm, systemClock);
  const context = { cache, clock: systemClock, clientAddress: null, publicUrl: "https://gateway.example", masterKey: TEST_MASTER_KEY };
  const call = verifyKey({ authorization: `Bearer ${customer.secret}` }, context);
  await expect(call).rejects.toMatchObject({ code, message: expect.stringContaining(words) as string });
});
