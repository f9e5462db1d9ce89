import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog } from "@/db/schema/operations";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { verifyPassword } from "@/lib/crypto/password";
import { listKeys } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { systemClock } from "@/lib/time/clock";
import { createCustomer } from "@/lib/users/create-customer";
import { ensureFirstAdmin } from "@/lib/users/ensure-first-admin";
import { findUser } from "@/lib/users/find-user";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { listUsers, readUser } from "@/lib/users/read";
import { readWallet } from "@/lib/wallet/read";
import { parseUsd } from "@/lib/money/micro-usd";
import { OPERATOR, OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test("a customer has a wallet lane, one key and the opening credit from the start", async () => {
  const customer = await testCustomer(database.orm, { creditUsd: "12.5" });
  const input = { userId: customer.userId };
  expect(await readWallet(database.orm, customer.viewer, input)).toEqual({ availableUsd: "12.500000", heldUsd: "0.000000" });
  expect(await listLanes(database.orm, customer.viewer, input)).toMatchObject([
    { kind: "wallet", position: 1, label: "Wallet", state: "ready" },
  ]);
  const [key] = await listKeys(database.orm, customer.viewer, input);
  expect(key).toMatchObject({ id: customer.keyId, status: "active", lastFour: customer.secret.slice(-4), laneIds: null });
});

test("making a customer again, in any case of letters, changes nothing and tells no secret", async () => {
  const customer = await testCustomer(database.orm, { username: "Twice", creditUsd: "1" });
  const again = await withTransaction(database.orm, (tx) =>
    createCustomer(tx, { username: "tWICE", passwordHash: "other", openingCredit: parseUsd("100"), actor: OPERATOR, clock: systemClock }),
  );
  expect(again).toEqual({ created: false, userId: customer.userId, username: "Twice" });
  expect((await readWallet(database.orm, customer.viewer, { userId: customer.userId })).availableUsd).toBe("1.000000");
  expect(await listKeys(database.orm, customer.viewer, { userId: customer.userId })).toHaveLength(1);
  expect((await findUser(database.orm, "twice"))?.passwordHash).not.toBe("other");
});

test("twenty processes that make the same customer at once make one", async () => {
  await testCustomer(database.orm);
  const made = await Promise.all(
    Array.from({ length: 20 }, () =>
      withTransaction(database.orm, (tx) =>
        createCustomer(tx, { username: "crowd", passwordHash: "hash", actor: OPERATOR, clock: systemClock }),
      ),
    ),
  );
  expect(made.filter((result) => result.created)).toHaveLength(1);
  expect(new Set(made.map((result) => result.userId)).size).toBe(1);
});

test.each(["a", "-dash", "with space", "ünï", "x".repeat(64), "a@b"])("%j is no username", async (username) => {
  const create = withTransaction(database.orm, (tx) =>
    createCustomer(tx, { username, passwordHash: "hash", actor: OPERATOR, clock: systemClock }),
  );
  await expect(create).rejects.toMatchObject({ code: "request_invalid", param: "username" });
});

test("an e-mail address that another user has is refused", async () => {
  const create = (username: string, email: string) =>
    withTransaction(database.orm, (tx) =>
      createCustomer(tx, { username, email, passwordHash: "hash", actor: OPERATOR, clock: systemClock }),
    );
  await create("mail-one", "one@example.com");
  await expect(create("mail-two", "ONE@example.com")).rejects.toMatchObject({ code: "conflict" });
});

test("the first admin is made once, whoever starts at the same time, and the password fits", async () => {
  const fresh = await testDatabase();
  try {
    const results = await Promise.all(Array.from({ length: 8 }, () => ensureFirstAdmin({ orm: fresh.orm, clock: systemClock })));
    const made = results.filter((result) => result !== null);
    expect(made).toHaveLength(1);
    expect(await ensureFirstAdmin({ orm: fresh.orm, clock: systemClock })).toBeNull();
    const admin = await findUser(fresh.orm, "admin");
    expect(admin).toMatchObject({ role: "admin", passwordOneTime: true });
    expect(await verifyPassword(admin?.passwordHash ?? null, made[0]?.oneTimePassword ?? "")).toBe(true);
  } finally {
    await fresh.close();
  }
});

test("a one-time password ends the sessions that there are, and is on the audit log", async () => {
  const { userId } = await testCustomer(database.orm);
  await withTransaction(database.orm, (tx) => issueOneTimePassword(tx, { userId, passwordHash: "new", actor: OPERATOR, now: new Date() }));
  const [user] = await database.orm.select().from(users).where(eq(users.id, userId));
  expect(user).toMatchObject({ passwordHash: "new", passwordOneTime: true, sessionVersion: 2 });
  const audited = await database.orm.select().from(auditLog).where(eq(auditLog.subject, userId));
  expect(audited.map((row) => row.action)).toContain("user.one_time_password");
  expect(JSON.stringify(audited)).not.toContain('"new"');
});

test("a customer sees nobody else, and cannot tell a stranger from nobody", async () => {
  const me = await testCustomer(database.orm);
  const stranger = await testCustomer(database.orm);
  const answers = await Promise.allSettled([
    readUser(database.orm, me.viewer, { userId: stranger.userId }),
    readUser(database.orm, me.viewer, { userId: "usr_nobody" }),
    readWallet(database.orm, me.viewer, { userId: stranger.userId }),
    listKeys(database.orm, me.viewer, { userId: stranger.userId }),
    listLanes(database.orm, me.viewer, { userId: stranger.userId }),
    listUsers(database.orm, me.viewer),
  ]);
  for (const answer of answers)
    expect(answer).toMatchObject({ status: "rejected", reason: { code: "not_found", message: "There is nothing here." } });
  expect((await listUsers(database.orm, OPERATOR_VIEWER)).map((user) => user.id)).toEqual(
    expect.arrayContaining([me.userId, stranger.userId]),
  );
});
