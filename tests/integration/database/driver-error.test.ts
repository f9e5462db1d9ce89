import { Writable } from "node:stream";
import { inspect } from "node:util";
import { eq, sql } from "drizzle-orm";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { loggedError } from "@/lib/runtime/logged-error";
import { isDataError } from "@/lib/wallet/database-error";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";

const HASH = "$argon2id$very-secret";
const EMAIL = "ada@private.example";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await database.orm.insert(users).values(row("usr_one"));
});
afterAll(() => database.close());

function row(id: string) {
  return { id, username: id.replace("_", "-"), email: EMAIL, passwordHash: HASH, role: "customer" as const };
}

async function thrownBy(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error("nothing was thrown"),
    (error: Error) => error,
  );
}

const failures: [string, () => Promise<unknown>][] = [
  ["a write outside of a transaction", () => database.orm.insert(users).values(row("usr_two"))],
  ["a write in a transaction", () => withTransaction(database.orm, (tx) => tx.insert(users).values(row("usr_two")))],
  ["a row that breaks a rule", () => database.orm.update(users).set({ username: "-" }).where(eq(users.passwordHash, HASH))],
  [
    "a read",
    () =>
      database.orm
        .select()
        .from(users)
        .where(sql`${users.sessionVersion} = ${HASH}::jsonb::text::int`),
  ],
];

test.each(failures)("%s fails with the driver's error, which tells neither parameters nor rows", async (_, fail) => {
  const error = await thrownBy(fail());
  expect(error).toMatchObject({ name: "PostgresError" });
  expect(isDataError(error)).toBe(true);
  for (const shown of [inspect(error), JSON.stringify(error)]) {
    expect(shown).not.toContain(EMAIL);
    expect(shown).not.toContain(`params`);
  }
});

test("an error inside a transaction can be told by its class there too, and the transaction is undone", async () => {
  const seen: string[] = [];
  const work = withTransaction(database.orm, async (tx) => {
    await tx.update(users).set({ status: "suspended" }).where(eq(users.id, "usr_one"));
    await tx
      .insert(users)
      .values(row("usr_two"))
      .catch((error: Error) => {
        seen.push(error.name);
        throw error;
      });
  });
  await expect(work).rejects.toMatchObject({ code: "23505", constraint_name: "users_email_unique" });
  expect(seen).toEqual(["PostgresError"]);
  expect(await database.orm.select({ status: users.status }).from(users)).toEqual([{ status: "active" }]);
});

test("the log shows no rows and no parameters, also of the hot path's errors and of wrapped ones", async () => {
  const raw = await thrownBy(database.sql`insert into users (id, username, email, role) values ('u', 'u-two', ${EMAIL}, 'customer')`);
  const lines: string[] = [];
  const out = new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(String(chunk)), done()) });
  const log = pino({ base: null, serializers: { err: loggedError } }, out);
  log.error({ err: raw }, "raw");
  log.error({ err: new Error("wrapped", { cause: raw }) }, "wrapped");
  log.error(Object.assign(new Error("asked"), { params: [HASH], query: "select", detail: EMAIL, where: EMAIL }));
  const text = lines.join("");
  expect(lines).toHaveLength(3);
  expect(text).toContain("duplicate key value");
  expect(text).not.toContain(EMAIL);
  expect(text).not.toContain(HASH);
});
