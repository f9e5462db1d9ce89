import { eq, sql as text } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Orm, Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import type { Actor } from "@/lib/access/viewer";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueKey } from "@/lib/keys/issue-key";
import { rotateKey } from "@/lib/keys/rotate-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { setOptOuts } from "@/lib/mail/opt-outs";
import { parseUsd } from "@/lib/money/micro-usd";
import { stampDatabase } from "@/lib/settings/database-mode";
import { systemClock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { changePassword } from "@/lib/users/change-password";
import { createAdmin } from "@/lib/users/create-admin";
import { deleteUser } from "@/lib/users/delete-user";
import { findUserById } from "@/lib/users/find-user";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { openSessionByPassword } from "@/lib/users/open-session-by-password";
import { requestEmailChange } from "@/lib/users/request-email-change";
import { requestPasswordReset } from "@/lib/users/request-password-reset";
import { setTimeZone } from "@/lib/users/set-time-zone";
import { addBalanceAlert } from "@/lib/wallet/balance-alerts";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { gate } from "@/tests/factories/gate";
import { newName, TEST_SEALER } from "@/tests/factories/newcomer";
import { someoneWaits } from "@/tests/factories/someone-waits";

const clock = systemClock;
const ADDRESS = "203.0.113.77";

let database: TestDatabase;
let other: ReturnType<TestDatabase["connect"]>;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
  other = database.connect();
});
afterAll(() => database.close());

type Person = TestCustomer & { email: string; accountId: string; actor: Actor };

async function person(): Promise<Person> {
  const { orm } = database;
  const customer = await testCustomer(orm);
  const { userId } = customer;
  const { email } = newName();
  await orm.update(users).set({ email }).where(eq(users.id, userId));
  const actor: Actor = { kind: "user", userId };
  const { accountId } = await withTransaction(orm, (tx) =>
    connectAccount(tx, { userId, label: "theirs", textVersion: CONSENT.version, address: null, actor }),
  );
  return { ...customer, email, accountId, actor };
}

function remove(tx: Tx, { userId, actor }: Person) {
  return deleteUser(tx, { userId, actor, now: clock.now() });
}

const inside = (act: (tx: Tx, who: Person) => Promise<unknown>) => (orm: Orm, who: Person) => withTransaction(orm, (tx) => act(tx, who));
const parts = (orm: Orm) => ({ orm, clock, sealer: TEST_SEALER, limiter: new ActLimiter() });

/** Everything that writes a row for a user at the user's own wish. */
const ACTS: Record<string, (orm: Orm, who: Person) => Promise<unknown>> = {
  "an API key": inside((tx, { userId, actor }) => issueKey(tx, { userId, name: "late", limits: { ipAllow: [ADDRESS] }, actor, clock })),
  "a rotated key": inside((tx, { userId, keyId, actor }) => rotateKey(tx, { userId, keyId, graceMs: 0, actor, clock })),
  "an address list of a key": inside((tx, { userId, keyId, actor }) =>
    setKeyLimits(tx, { userId, keyId, limits: { ipAllow: [ADDRESS] }, actor }),
  ),
  "a helper": inside((tx, { userId, keyId, actor }) => issueHelper(tx, { userId, keyId, name: "late", actor, clock })),
  "a lane with a key of their own": inside((tx, { userId, actor }) =>
    addApiKeyLane(tx, {
      userId,
      label: "late",
      baseUrl: "https://late.example.net/v1",
      secret: "sk-of-their-own-1234",
      allow: [],
      sealer: TEST_SEALER,
      actor,
    }),
  ),
  "a ChatGPT account": inside((tx, { userId, actor }) =>
    connectAccount(tx, { userId, label: "late", textVersion: CONSENT.version, address: ADDRESS, actor }),
  ),
  "a sign-in": inside((tx, { userId, accountId }) => beginSignIn(tx, { userId, accountId, address: ADDRESS })),
  "a balance threshold": inside((tx, { userId }) => addBalanceAlert(tx, { userId, threshold: parseUsd("5"), now: clock.now() })),
  "a choice of mails": inside((tx, { userId }) => setOptOuts(tx, { userId, kinds: ["lane_spill"] })),
  "a time zone": inside((tx, { userId }) => setTimeZone(tx, { userId, timeZone: "Europe/Berlin" })),
  "a link for a new password": (orm, { email }) => requestPasswordReset(parts(orm), { email, address: ADDRESS }),
  "a link for another address": (orm, { userId }) =>
    requestEmailChange(parts(orm), { userId, newEmail: newName().email, address: ADDRESS }),
  "a one-time password": inside((tx, { userId, actor }) =>
    issueOneTimePassword(tx, { userId, passwordHash: "$argon2id$late", actor, now: clock.now() }),
  ),
  "a session": async (orm, { userId }) => {
    // As a sign-in does it, which has compared the password before.
    const user = await findUserById(database.orm, userId);
    await withTransaction(orm, (tx) => openSessionByPassword(tx, { user: user!, address: ADDRESS, userAgent: "late", now: clock.now() }));
  },
};

/** What may not be there after a deletion, over every table that has rows of users. */
async function leftovers({ userId, email }: Person): Promise<string[]> {
  const { sql } = database;
  const rows = await sql<{ found: string }[]>`
    select 'session' as found from sessions where user_id = ${userId}
    union all select 'link' from mail_links where user_id = ${userId}
    union all select 'recovery code' from recovery_codes where user_id = ${userId}
    union all select 'opt-out' from mail_opt_outs where user_id = ${userId}
    union all select 'threshold' from balance_alerts where user_id = ${userId}
    union all select 'lane' from lanes where user_id = ${userId}
    union all select 'lane of a key' from api_key_lanes where user_id = ${userId}
    union all select 'key' from api_keys where user_id = ${userId}
      and (sealed_secret <> '' or ip_allow is not null or revoked_at is null or name <> 'deleted')
    union all select 'helper' from key_helpers where user_id = ${userId} and (revoked_at is null or name <> 'deleted')
    union all select 'account' from chatgpt_accounts where user_id = ${userId} and (state not in ('removing', 'removed') or email is not null)
    union all select 'consent' from account_consents where user_id = ${userId} and address is not null
    union all select 'sign-in' from sign_ins where user_id = ${userId} and address is not null
    union all select 'mail' from outbox where lower(recipient) = ${email} and kind not in ('account_deleted', 'no_such_account')
    union all select 'status' from users where id = ${userId} and status <> 'deleted'`;
  return rows.map(({ found }) => found);
}

describe.each(Object.entries(ACTS))("%s", (_what, act) => {
  test("that is made while the account is being deleted is not made", async () => {
    const who = await person();
    const door = gate();
    const deletion = withTransaction(database.orm, async (tx) => {
      await remove(tx, who);
      await door.pass();
    });
    await door.begun;
    const late = act(other.orm, who).catch((error: unknown) => error);
    await Promise.race([late, eventually(() => someoneWaits(database))]);
    door.open();
    await deletion;
    const refusal: unknown = await late;
    const code = refusal instanceof Error ? (refusal as { code?: string }).code : "not_found";
    expect(code).toBe("not_found");
    expect(await leftovers(who)).toEqual([]);
  });

  test("that is being made when the account is deleted goes with it", async () => {
    const who = await person();
    const door = gate();
    const held = new Proxy(other.orm, {
      get: (orm, name) =>
        name === "transaction"
          ? (run: (tx: Tx) => Promise<unknown>) =>
              orm.transaction(async (tx) => {
                const result = await run(tx);
                await door.pass();
                return result;
              })
          : Reflect.get(orm, name),
    });
    const early = act(held, who);
    await Promise.race([door.begun, early]);
    const deletion = withTransaction(database.orm, (tx) => remove(tx, who));
    await Promise.race([deletion, eventually(() => someoneWaits(database))]);
    door.open();
    await early;
    await deletion;
    expect(await leftovers(who)).toEqual([]);
  });
});

test("a forced change of password that comes too late finds the account gone", async () => {
  const who = await person();
  await database.orm.update(users).set({ passwordHash: null }).where(eq(users.id, who.userId));
  await withTransaction(database.orm, (tx) => remove(tx, who));
  const viewer = { userId: who.userId, username: who.username, role: "customer", via: { kind: "session", sessionId: "ses_x" } } as const;
  const result = await changePassword(parts(database.orm), {
    signedIn: { sessionId: "ses_x", viewer, mustChangePassword: true, status: "active" },
    currentPassword: "",
    code: null,
    newPassword: "seven unrelated words here",
    address: null,
  });
  expect(result).toEqual({ kind: "overtaken" });
});

test("deleting a customer reads no table whole, and waits for nobody but the customer", async () => {
  const { orm, sql } = database;
  const who = await person();
  const { userId: adminId } = await withTransaction(orm, (tx) =>
    createAdmin(tx, { username: "busy-admin", oneTimePasswordHash: "$argon2id$none", actor: OPERATOR, clock }),
  );
  const door = gate();
  const busy = withTransaction(other.orm, async (tx) => {
    await tx.select().from(users).where(eq(users.id, adminId)).for("update");
    await door.pass();
  });
  await door.begun;
  const scanned = await withTransaction(orm, async (tx) => {
    // Small tables are read whole unless it is forbidden: what still is, has no index to be found by.
    await tx.execute(text`set local enable_seqscan = off`);
    await tx.execute(text`set local lock_timeout = '5s'`);
    await remove(tx, who);
    return tx.execute<{ relname: string }>(text`select relname from pg_stat_xact_user_tables where seq_scan > 0 order by 1`);
  }).finally(door.open);
  await busy;
  expect(scanned.map(({ relname }) => relname)).toEqual([]);
  expect(await sql`select status from users where id = ${who.userId}`).toEqual([{ status: "deleted" }]);
});
