import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashPassword } from "@/lib/crypto/password";
import { newId } from "@/lib/ids/ids";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueKey } from "@/lib/keys/issue-key";
import { KeyCache } from "@/lib/keys/key-cache";
import { verifyKey } from "@/lib/keys/verify-key";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { setOptOuts } from "@/lib/mail/opt-outs";
import { markMailSent } from "@/lib/mail/outbox";
import { queueMail } from "@/lib/mail/queue-mail";
import { systemClock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { createAdmin } from "@/lib/users/create-admin";
import { createCustomer } from "@/lib/users/create-customer";
import { deleteUser } from "@/lib/users/delete-user";
import { dropSignUps } from "@/lib/users/drop-sign-ups";
import { eraseTraces } from "@/lib/users/erase-traces";
import { requestEmailChange } from "@/lib/users/request-email-change";
import { requestPasswordReset } from "@/lib/users/request-password-reset";
import { reviewSignUp } from "@/lib/users/review-sign-up";
import { openSession, readSession } from "@/lib/users/sessions";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { retryParkedSettlements } from "@/lib/wallet/retry-parked-settlements";
import { parkSettlement, settleRequests } from "@/lib/wallet/settle-requests";
import { microUsd, parseUsd } from "@/lib/money/micro-usd";
import { verifyLedger } from "@/lib/wallet/verify-ledger";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { OPERATOR, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { mailsTo, signUpAs, TEST_SEALER } from "@/tests/factories/newcomer";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold, testRequestRow } from "@/tests/factories/request";

const DAY_MS = 86_400_000;
const ADDRESS = "203.0.113.77";
const BROWSER = "Mozilla/5.0 PlantedBrowser/1.0";

let database: TestDatabase;
let trade: { providerId: string; priceId: string };
beforeAll(async () => {
  database = await testDatabase();
  const providerId = await testProvider(database.orm);
  trade = { providerId, priceId: (await testPrice(database.orm, "gpt-5.5")).id };
});
afterAll(() => database.close());

const now = () => systemClock.now();

/** Somebody who has left a name, an address or a word of their own in every place that takes one. */
async function rooted() {
  const { orm, sql } = database;
  const mark = randomUUID().slice(0, 8);
  const planted = {
    username: `planted-${mark}`,
    email: `planted-${mark}@example.com`,
    newEmail: `planted-new-${mark}@example.com`,
    chatgpt: `planted-gpt-${mark}@example.com`,
    keyName: `planted key ${mark}`,
    laneLabel: `planted lane ${mark}`,
    host: `planted-${mark}.example.net`,
    error: `planted error ${mark}`,
    thread: `planted-thread-${mark}`,
    project: `planted-project-${mark}`,
    source: `planted-source-${mark}`,
    subagent: `planted-subagent-${mark}`,
    raw: `planted-raw-${mark}`,
    editedLane: `planted edited lane ${mark}`,
    upstreamId: `planted-upstream-${mark}`,
    mail: `planted mail ${mark}`,
    ipRange: "203.0.113.0/24",
    address: ADDRESS,
    browser: BROWSER,
  };
  const { username, email, keyName, laneLabel } = planted;
  // It brings the reveal key with it, without which no key is made.
  await testCustomer(orm);
  const { userId } = await withTransaction(orm, (tx) =>
    createCustomer(tx, { username, email, passwordHash: "$argon2id$none", actor: OPERATOR, clock: systemClock }),
  );
  const actor: Actor = { kind: "user", userId, address: ADDRESS };
  const { id: keyId, secret } = await withTransaction(orm, (tx) =>
    issueKey(tx, { userId, name: keyName, limits: { ipAllow: [planted.ipRange] }, actor, clock: systemClock }),
  );
  await withTransaction(orm, (tx) => issueHelper(tx, { keyId, userId, name: keyName, actor, clock: systemClock }));
  await withTransaction(orm, (tx) =>
    addApiKeyLane(tx, {
      userId,
      label: laneLabel,
      baseUrl: `https://${planted.host}/v1`,
      secret: "sk-of-their-own-1234",
      allow: [],
      sealer: TEST_SEALER,
      actor,
    }),
  );
  const codex = await addCodexLane(database, { userId }, { label: laneLabel, address: "http://127.0.0.1:1" });
  await sql`update chatgpt_accounts set email = ${planted.chatgpt}, plan_type = 'plus' where id = ${codex.accountId}`;
  await sql`update account_consents set address = ${ADDRESS} where user_id = ${userId}`;
  await sql`insert into account_events (id, account_id, kind, detail) values (${newId("aev")}, ${codex.accountId}, 'signed_in', ${laneLabel})`;
  await sql`
    insert into sign_ins (id, account_id, user_id, state, message, address, ended_at)
    values (${newId("sin")}, ${codex.accountId}, ${userId}, 'failed', ${laneLabel}, ${ADDRESS}, now())`;
  const session = await withTransaction(orm, (tx) =>
    openSession(tx, {
      userId,
      sessionVersion: 1,
      mustChangePassword: false,
      oneTimeHash: null,
      address: ADDRESS,
      userAgent: BROWSER,
      now: now(),
    }),
  );
  const parts = { orm, clock: systemClock, sealer: TEST_SEALER, limiter: new ActLimiter() };
  await requestEmailChange(parts, { userId, newEmail: planted.newEmail, address: ADDRESS });
  for (const recipient of [email, planted.chatgpt]) {
    await sql`
      insert into outbox (id, kind, recipient, payload, last_error)
      values (${newId("mail")}, 'container_failed', ${recipient}, ${sql.json({ label: laneLabel })}, ${planted.mail})`;
  }
  await sql`insert into outbox (id, kind, recipient, payload) values (${newId("mail")}, 'sign_up_waits', 'admin@example.org', ${sql.json({ username, email })})`;
  const [mail] = await sql<{ id: string }[]>`select id from outbox where recipient = ${email} order by id limit 1`;
  await sql`insert into alarms (id, kind, subject, detail) values (${newId("alarm")}, 'mail_given_up', ${mail!.id}, ${`550 no ${email} here`})`;
  await withTransaction(orm, (tx) => setOptOuts(tx, { userId, kinds: ["lane_spill"] }));
  await orm.update(users).set({ signUpNote: planted.mail, timeZone: "Europe/Berlin" }).where(eq(users.id, userId));
  const [lane] = await sql<{ id: string }[]>`select id from lanes where user_id = ${userId} and kind = 'wallet'`;
  const customer = { userId, keyId, walletLaneId: lane!.id };
  return { ...planted, planted, userId, keyId, secret, accountId: codex.accountId, sessionId: session.id, customer, actor };
}

/** Every text and JSON column of every table in which one of the words stands. */
async function whereFound(words: readonly string[]): Promise<string[]> {
  const { sql } = database;
  const columns = await sql<{ schema: string; table: string; column: string }[]>`
    select c.table_schema as schema, c.table_name as table, c.column_name as column
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema in ('public', 'graphile_worker') and t.table_type = 'BASE TABLE'
      and c.data_type in ('text', 'jsonb', 'json', 'ARRAY', 'character varying')`;
  expect(columns.length).toBeGreaterThan(100);
  const found: string[] = [];
  for (const { schema, table, column } of columns) {
    const place = sql`${sql(schema)}.${sql(table)}`;
    for (const word of words) {
      const [hit] = await sql`select 1 from ${place} where position(lower(${word}::text) in lower(${sql(column)}::text)) > 0 limit 1`;
      if (hit) found.push(`${table}.${column}: ${word}`);
    }
  }
  return found;
}

describe("deleting an account", () => {
  test("leaves no word of the person in any table, and the ledger as it was", async () => {
    const person = await rooted();
    const { orm, sql } = database;
    const { userId, customer } = person;
    const gift = { userId, amount: parseUsd("5"), note: "A gift", actor: OPERATOR, idempotencyKey: "gift" };
    await withTransaction(orm, (tx) => adjustWallet(tx, gift));
    const row = {
      client_address: person.address,
      thread_id: person.thread,
      turn_id: person.thread,
      project_id: person.project,
      error_text: person.error,
      thread_source: person.source,
      subagent: person.subagent,
      usage_raw: { request: person.raw },
      decisions: [{ laneId: "lane_x", laneKind: "wallet", label: person.laneLabel, decision: "answered", reason: null, evidence: null }],
      edits: [`${person.editedLane}: safety_identifier set`],
    };
    const { requestId, startedAt } = await chargeTestRequest(database, { customer, ...trade, amount: 2_000n, cost: 1_000n, row });
    await sql`
      insert into attempts (request_id, attempt_no, started_at, lane_id, lane_kind, outcome, upstream_request_id, offset_ms, duration_ms,
        fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, provider_cost)
      values (${requestId}, 1, ${startedAt}, 'lane_x', 'wallet', 'answered', ${person.upstreamId}, 0, 1, 0, 0, 0, 0, 0, 0, 0)`;
    // As it stays when the month of the log itself was dropped.
    for (const [dimension, value] of Object.entries({ project: person.project, all: "" })) {
      await sql`
        insert into usage_quarters (user_id, dimension, quarter, value, requests, failed, spent, plan_requests, plan_worth, plan_unpriced,
          fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens)
        values (${userId}, ${dimension}, '2026-01-01T00:00:00Z', ${value}, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0)`;
    }
    await sql`update holds set context = context || ${sql.json({ client_address: person.address, thread_id: person.thread })} where user_id = ${userId}`;
    const words = Object.values(person.planted);
    const before = await whereFound(words);
    expect(before.length).toBeGreaterThan(25);
    for (const word of words) expect(before.join("\n"), word).toContain(word);

    const ledger = () =>
      sql`select e.* from ledger_entries e join transfers t on t.id = e.transfer_id where t.user_id = ${userId} order by seq`;
    const kept = await ledger();
    const deleted = await withTransaction(orm, (tx) => deleteUser(tx, { userId, actor: person.actor, now: now() }));
    expect(deleted).toEqual({ accountIds: [person.accountId] });
    const [farewell, ...others] = await sql<{ id: string; kind: string }[]>`select id, kind from outbox where recipient = ${person.email}`;
    expect([farewell?.kind, others.length]).toEqual(["account_deleted", 0]);
    await markMailSent(sql, farewell!.id);
    await eraseTraces(sql, { now: now() });

    expect(await whereFound(words)).toEqual([]);
    expect(await ledger()).toEqual(kept);
    expect((await verifyLedger(sql)).ok).toBe(true);
    const [request] = await sql`select model, cost, output_tokens, status from requests where user_id = ${userId}`;
    expect(request).toMatchObject({ model: "gpt-5.5", cost: "1000", output_tokens: 50, status: 200 });
    expect(await sql`select dimension, spent from usage_quarters where user_id = ${userId}`).toEqual([{ dimension: "all", spent: "7" }]);
    const audits = await sql<{ action: string }[]>`select action from audit_log where subject = ${userId} order by id`;
    expect(audits.map(({ action }) => action)).toEqual(expect.arrayContaining(["customer.create", "user.delete"]));
  });

  test("takes no mail and no alarm of anybody else with it, whatever address the person typed, or had before", async () => {
    const { orm, sql } = database;
    const [person, victim, heir] = [await rooted(), await rooted(), await rooted()];
    const parts = { orm, clock: systemClock, sealer: TEST_SEALER, limiter: new ActLimiter() };
    const stranger = `nobody-${randomUUID().slice(0, 8)}@example.com`;
    for (const newEmail of [victim.email, victim.chatgpt, stranger]) {
      await requestEmailChange(parts, { userId: person.userId, newEmail, address: null });
    }
    await requestPasswordReset(parts, { email: stranger, address: null });
    // An address that was the person's, and has been somebody else's since.
    for (const { userId } of [person, heir]) {
      await sql`
        insert into mail_links (id, user_id, kind, hash, email, expires_at, used_at)
        values (${newId("link")}, ${userId}, 'verify_email', ${Buffer.from(userId)}, ${heir.email}, now(), now())`;
    }
    await sql`update users set email = null where id = ${heir.userId}`;
    const kept = () => sql<{ id: string; kind: string }[]>`
      select id, kind from outbox where lower(recipient) in (${victim.email}, ${victim.chatgpt}, ${heir.email}, ${stranger})
        and (user_id is null or user_id <> ${person.userId}) order by id`;
    const before = await kept();
    expect(new Set(before.map(({ kind }) => kind))).toEqual(
      new Set(["container_failed", "security_changed", "address_taken", "no_such_account"]),
    );
    const alarms = () => sql`select detail from alarms where detail like '550 no %' and detail not like ${`%${person.email}%`} order by id`;
    const rung = await alarms();
    await withTransaction(orm, (tx) => deleteUser(tx, { userId: person.userId, actor: person.actor, now: now() }));
    expect(await kept()).toEqual(before);
    expect(await alarms()).toEqual(rung);
    expect(rung.length).toBeGreaterThanOrEqual(2);
    expect(await mailsTo(database, stranger)).toMatchObject([{ kind: "no_such_account" }]);
  });

  test("ends keys, sessions and lanes with the commit, and leaves the home of a ChatGPT account to its runner", async () => {
    const person = await rooted();
    const { orm, sql } = database;
    await withTransaction(orm, (tx) => deleteUser(tx, { userId: person.userId, actor: person.actor, now: now() }));
    const call = verifyKey(
      { authorization: `Bearer ${person.secret}` },
      { cache: new KeyCache(orm, systemClock), clock: systemClock, clientAddress: ADDRESS, publicUrl: "https://x.example", masterKey: "m" },
    );
    await expect(call).rejects.toMatchObject({ code: "key_revoked" });
    expect(await readSession(orm, { sessionId: person.sessionId, now: now() })).toBeNull();
    expect(await sql`select 1 from lanes where user_id = ${person.userId}`).toHaveLength(0);
    const [account] =
      await sql`select state, email, identity_hash is not null as "isGuarded" from chatgpt_accounts where id = ${person.accountId}`;
    expect(account).toEqual({ state: "removing", email: null, isGuarded: true });
    const again = await withTransaction(orm, (tx) => deleteUser(tx, { userId: person.userId, actor: person.actor, now: now() }));
    expect(again).toBeNull();
  });

  test("lets a running request finish and charges it; what it logs afterwards is made anonymous too", async () => {
    const { orm, sql } = database;
    const customer = await testCustomer(orm, { creditUsd: "1" });
    const { userId, keyId } = customer;
    const placed = await placeTestHold(database, { customer, ...trade, amount: 5_000n });
    await withTransaction(orm, (tx) => deleteUser(tx, { userId, actor: { kind: "user", userId }, now: now() }));
    await eraseTraces(sql, { now: now() });
    const end = { id: placed.holdId, kind: "settle", cost: microUsd(700n), providerCost: microUsd(700n), estimated: false } as const;
    const request = {
      ...testRequestRow(customer, { id: placed.requestId, startedAt: placed.startedAt }),
      client_address: ADDRESS,
      cost: 700,
    };
    await settleRequests(sql, [
      { requestId: placed.requestId, keyId, userId, processId: "proc_test", holds: [end], request, attempts: [] },
    ]);
    const log = () => sql`select cost, client_address from requests where id = ${placed.requestId}`;
    expect(await log()).toMatchObject([{ cost: "700", client_address: ADDRESS }]);
    expect(await eraseTraces(sql, { now: now() })).toBe(2);
    expect(await log()).toMatchObject([{ cost: "700", client_address: null }]);
    expect(await eraseTraces(sql, { now: now() })).toBe(0);
    expect((await verifyLedger(sql)).ok).toBe(true);
  });

  test("also what is written long after the deletion is made anonymous, and nobody's log is read for ever", async () => {
    const { orm, sql } = database;
    const customer = await testCustomer(orm, { creditUsd: "1" });
    const { userId, keyId } = customer;
    const placed = await placeTestHold(database, { customer, ...trade, amount: 5_000n, startedAt: new Date(now().getTime() - 2 * DAY_MS) });
    await withTransaction(orm, (tx) => deleteUser(tx, { userId, actor: { kind: "user", userId }, now: now() }));
    const later = new Date(now().getTime() + 30 * DAY_MS);
    await eraseTraces(sql, { now: later });
    const isDone = async () => (await sql`select 1 from users where id = ${userId} and traces_erased_at is not null`).length === 1;
    expect(await isDone()).toBe(true);

    const end = { id: placed.holdId, kind: "settle", cost: microUsd(700n), providerCost: microUsd(700n), estimated: false } as const;
    const row = { ...testRequestRow(customer, { id: placed.requestId, startedAt: placed.startedAt }), cost: 700 };
    const settlement = { requestId: placed.requestId, keyId, userId, processId: "proc_test", holds: [end], attempts: [] };
    const request = { ...row, client_address: ADDRESS };
    await parkSettlement(sql, { ...settlement, request }, new Error("refused once"));
    expect(await retryParkedSettlements(sql)).toEqual({ settled: 1, refused: 0 });
    const [parked] = await sql<{ payload: Buffer }[]>`select payload from parked_settlements where request_id = ${placed.requestId}`;
    expect(parked?.payload).toHaveLength(0);
    expect(await isDone()).toBe(false);
    expect(await eraseTraces(sql, { now: later })).toBeGreaterThan(0);
    expect(await sql`select client_address from requests where id = ${placed.requestId}`).toMatchObject([{ client_address: null }]);
    expect(await isDone()).toBe(true);
  });

  test("keeps the last admin, also when two leave at the same moment", async () => {
    const { orm } = database;
    const other = database.connect();
    const hash = await hashPassword("a one-time password");
    const admins = await Promise.all(
      ["first", "second"].map((name) =>
        withTransaction(orm, (tx) =>
          createAdmin(tx, { username: `${name}-admin`, oneTimePasswordHash: hash, actor: OPERATOR, clock: systemClock }),
        ),
      ),
    );
    const leave = (database_: Pick<TestDatabase, "orm">, userId: string) =>
      withTransaction(database_.orm, (tx) => deleteUser(tx, { userId, actor: { kind: "user", userId }, now: now() }));
    const ends = await Promise.allSettled([leave(database, admins[0]!.userId), leave(other, admins[1]!.userId)]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const refused = ends.find((end) => end.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "conflict", message: expect.stringContaining("last admin") as string });
  });
});

test("what is written about somebody while they are being deleted is gone with the next look", async () => {
  const { orm, sql } = database;
  const person = await rooted();
  const { userId } = person;
  await withTransaction(orm, (tx) => deleteUser(tx, { userId, actor: person.actor, now: now() }));
  await eraseTraces(sql, { now: now() });
  // By processes that work for the user, and read the row before it was bare.
  const payload = { laneId: "lane_x", label: person.laneLabel, message: "" };
  await queueMail(sql, { kind: "sign_in_refused", userId, recipient: person.email, payload });
  await withTransaction(orm, (tx) => recordAudit(tx, { actor: person.actor, action: "user.export", subject: userId }));
  expect(await whereFound([person.laneLabel, ADDRESS])).not.toEqual([]);
  await eraseTraces(sql, { now: now() });
  expect(await whereFound([person.laneLabel])).toEqual([]);
  expect(await sql`select 1 from audit_log where actor = ${userId} and address is not null`).toEqual([]);
  expect((await mailsTo(database, person.email)).map(({ kind }) => kind)).toEqual(["account_deleted"]);
});

test("a sign-up that nobody confirmed is gone after a week, and its username free; one that was confirmed stays", async () => {
  const at = now();
  const names = ["unconfirmed", "younger", "confirmed"].map((name) => ({ username: `${name}-up`, email: `${name}-up@example.com` }));
  const old = { now: () => new Date(at.getTime() - 8 * DAY_MS) };
  await signUpAs(database, old, names[0]!);
  await signUpAs(database, systemClock, names[1]!);
  await signUpAs(database, old, names[2]!);
  await database.orm.update(users).set({ status: "pending", email: names[2]!.email }).where(eq(users.username, names[2]!.username));
  expect(await dropSignUps(database.orm, { now: at })).toBe(1);
  expect(await dropSignUps(database.orm, { now: at })).toBe(0);
  expect(await mailsTo(database, names[0]!.email)).toEqual([]);
  expect(await whereFound([names[0]!.username])).toEqual([]);
  expect(await signUpAs(database, systemClock, names[0]!)).toMatchObject({ kind: "signed_up" });
  expect(await signUpAs(database, systemClock, names[1]!)).toMatchObject({ kind: "username_taken" });
  expect(await signUpAs(database, systemClock, names[2]!)).toMatchObject({ kind: "username_taken" });
});

test("a sign-up that was refused is gone a month after the refusal, without a mail; who was let in after all stays", async () => {
  const { orm } = database;
  const at = now();
  const refusedAt = { long: new Date(at.getTime() - 31 * DAY_MS), short: new Date(at.getTime() - 29 * DAY_MS) };
  const newcomer = async (name: string, decisions: readonly ("refuse" | "approve")[], reviewedAt: Date) => {
    const email = `${name}@example.com`;
    await signUpAs(database, { now: () => new Date(at.getTime() - 60 * DAY_MS) }, { username: name, email });
    const [user] = await orm.update(users).set({ status: "pending", email }).where(eq(users.username, name)).returning({ id: users.id });
    for (const decision of decisions) {
      await withTransaction(orm, (tx) =>
        reviewSignUp(tx, { userId: user!.id, decision, note: `a note on ${name}`, actor: OPERATOR, now: reviewedAt }),
      );
    }
  };
  await newcomer("refused-long", ["refuse"], refusedAt.long);
  await newcomer("refused-short", ["refuse"], refusedAt.short);
  await newcomer("let-in-after-all", ["refuse", "approve"], refusedAt.long);
  await newcomer("waits-long", [], refusedAt.long);
  expect(await dropSignUps(orm, { now: at })).toBe(1);
  expect(await dropSignUps(orm, { now: at })).toBe(0);
  expect(await whereFound(["refused-long"])).toEqual([]);
  for (const name of ["refused-short", "let-in-after-all", "waits-long"]) {
    expect(await orm.$count(users, eq(users.username, name)), name).toBe(1);
  }
});

describe("the audit log", () => {
  test.each([
    ["another action", "update audit_log set action = 'x'"],
    ["another subject", "update audit_log set subject = 'x'"],
    ["another time", "update audit_log set created_at = now() + interval '1 s'"],
    ["another address", "update audit_log set address = '198.51.100.1'"],
    ["words put in", "update audit_log set note = 'it was somebody else'"],
    ["a changed field", `update audit_log set after = '{"username": "somebody"}'`],
    ["a field put in", `update audit_log set after = after || '{"more": 1}'`],
    ["deleting", "delete from audit_log"],
  ])("refuses %s", async (_what, statement) => {
    await testCustomer(database.orm);
    await expect(
      database.sql.unsafe(`${statement} where id = (select max(id) from audit_log where action = 'customer.create')`),
    ).rejects.toThrow("append-only");
  });

  test("lets what is personal be taken out, and nothing else", async () => {
    const { userId } = await testCustomer(database.orm);
    await database.sql`update audit_log set after = after - 'username', address = null where subject = ${userId}`;
    const [row] = await database.sql`select after from audit_log where subject = ${userId} and action = 'customer.create'`;
    expect(row?.["after"]).toEqual({ email: null, openingCreditUsd: null });
  });
});
