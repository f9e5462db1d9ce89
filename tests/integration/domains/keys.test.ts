import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiKeys } from "@/db/schema/keys";
import { auditLog, settings } from "@/db/schema/operations";
import { withTransaction } from "@/db/transaction";
import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { newBoxKeyPair } from "@/lib/crypto/sealed-box";
import { issueKey } from "@/lib/keys/issue-key";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { listKeys } from "@/lib/keys/read";
import { revealKey } from "@/lib/keys/reveal-key";
import { setRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { rotateKey } from "@/lib/keys/rotate-key";
import { revokeKey } from "@/lib/keys/revoke-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { parseUsd } from "@/lib/money/micro-usd";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, placeTestHold } from "@/tests/factories/request";

const HOUR_MS = 3_600_000;
const pair = newBoxKeyPair();
let database: TestDatabase;
let customer: TestCustomer;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => setRevealPublicKey(tx, pair.publicKey));
  customer = await testCustomer(database.orm, { creditUsd: "10" });
});
afterAll(() => database.close());

function issue(limits: Partial<KeyLimits> = {}) {
  return withTransaction(database.orm, (tx) =>
    issueKey(tx, { userId: customer.userId, name: "test", limits, actor: OPERATOR, clock: systemClock }),
  );
}

function rotate(userId: string, keyId: string, graceMs: number, clock = systemClock) {
  return withTransaction(database.orm, (tx) => rotateKey(tx, { keyId, userId, graceMs, actor: OPERATOR, clock }));
}

async function view(keyId: string) {
  const keys = await listKeys(database.orm, customer.viewer, { userId: customer.userId });
  return keys.find((key) => key.id === keyId);
}

test("a key's secret is long, ours to recognise, and kept only as a hash and a sealed copy", async () => {
  const key = await issue();
  expect(key.secret).toMatch(/^sk-sy-[0-9A-Za-z]{43}$/);
  const [row] = await database.orm.select().from(apiKeys).where(eq(apiKeys.id, key.id));
  expect(row?.hash.equals(hashApiKey(key.secret))).toBe(true);
  const [everything] = await database.sql<{ row: string }[]>`select row_to_json(k)::text as row from api_keys k where id = ${key.id}`;
  const audit = await database.orm.select().from(auditLog).where(eq(auditLog.subject, key.id));
  expect(`${everything?.row}${JSON.stringify(audit)}`).not.toContain(key.secret);
});

/** Their ids begin with the prefix. */
async function addKeys(userId: string, prefix: string, count: number): Promise<void> {
  await database.sql`
    insert into api_keys (id, user_id, name, hash, prefix, last_four, sealed_secret)
    select ${prefix} || n, ${userId}, 'many', decode(md5(${prefix} || n), 'hex'), 'sk-sy-', 'many', '' from generate_series(1, ${count}::int) n`;
}

test("a user has two hundred keys that are not revoked, also when two are made at once", async () => {
  const { userId } = await testCustomer(database.orm);
  const input = { userId, name: "one more", actor: OPERATOR, clock: systemClock };
  const make = (orm = database.orm) => withTransaction(orm, (tx) => issueKey(tx, input));
  await addKeys(userId, "key_many_", 198);
  const full = { code: "conflict", message: expect.stringContaining("Revoke one") as string };
  let second: Promise<unknown> = Promise.resolve();
  await withTransaction(database.orm, async (tx) => {
    await issueKey(tx, input);
    let isOver = false;
    second = make(database.connect().orm)
      .catch((error: unknown) => error)
      .finally(() => (isOver = true));
    const waits = () => database.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await eventually(async () => expect(isOver || (await waits()).length > 0).toBe(true));
  });
  expect(await second).toMatchObject(full);
  await expect(make()).rejects.toMatchObject(full);
  await database.sql`update api_keys set revoked_at = now() where id = 'key_many_1'`;
  await make();
});

test("whoever has two hundred keys can rotate one of them, and has two hundred then", async () => {
  const { userId, keyId } = await testCustomer(database.orm);
  await addKeys(userId, "key_full_", 199);
  const made = withTransaction(database.orm, (tx) => issueKey(tx, { userId, name: "one more", actor: OPERATOR, clock: systemClock }));
  await expect(made).rejects.toMatchObject({ code: "conflict" });
  await rotate(userId, keyId, HOUR_MS);
  const keys = await listKeys(database.orm, { ...customer.viewer, userId }, { userId });
  expect(keys.filter(({ replacedBy }) => replacedBy === null)).toHaveLength(200);
  expect(keys.filter(({ status }) => status === "active")).toHaveLength(201);
  const another = withTransaction(database.orm, (tx) => issueKey(tx, { userId, name: "one more", actor: OPERATOR, clock: systemClock }));
  await expect(another).rejects.toMatchObject({ code: "conflict" });
});

/** Made by rotations of a key, the first an hour before `at`, each one an hour before the last. */
async function addRotated(keyId: string, prefix: string, { count, at }: { count: number; at: Date }): Promise<void> {
  await database.sql`
    insert into api_keys (id, user_id, name, hash, prefix, last_four, sealed_secret, first_key_id, created_at)
    select ${prefix} || n, k.user_id, 'many', decode(md5(${prefix} || n), 'hex'), 'sk-sy-', 'many', '', k.id, ${at}::timestamptz - n * interval '1 hour'
    from generate_series(1, ${count}::int) n, api_keys k where k.id = ${keyId}`;
}

test.each([0, HOUR_MS])(
  "twenty rotations in 24 hours are the most, with a grace of %d ms; the refusal says when the next may be",
  async (graceMs) => {
    const { userId, keyId } = await testCustomer(database.orm);
    const at = new Date("2026-11-21T10:00:30Z");
    await addRotated(keyId, `key_turn_${graceMs}_`, { count: 19, at });
    const { id } = await rotate(userId, keyId, graceMs, { now: () => at });
    await expect(rotate(userId, id, graceMs, { now: () => at })).rejects.toMatchObject({
      code: "rate_limited",
      message:
        "20 rotations in 24 hours are the most that one account can make. The next one can be made from 2026-11-21 15:01 UTC on. Revoking a key works at once.",
      param: undefined,
      retryAfterS: 5 * 3600,
    });
    await withTransaction(database.orm, (tx) => revokeKey(tx, { keyId, userId, actor: OPERATOR, clock: systemClock }));
    await rotate(userId, id, graceMs, { now: () => new Date(at.getTime() + 5 * HOUR_MS) });
  },
);

test("of two that rotate different keys at once, only the twentieth of the day is let through", async () => {
  const { userId, keyId } = await testCustomer(database.orm);
  await addKeys(userId, "key_both_", 1);
  await addRotated(keyId, "key_both_turn_", { count: 19, at: new Date() });
  const other = database.connect();
  const input = { userId, graceMs: 0, actor: OPERATOR, clock: systemClock };
  let second: Promise<unknown> = Promise.resolve();
  await withTransaction(database.orm, async (tx) => {
    await rotateKey(tx, { ...input, keyId });
    let isOver = false;
    second = withTransaction(other.orm, (late) => rotateKey(late, { ...input, keyId: "key_both_1" }))
      .catch((error: unknown) => error)
      .finally(() => (isOver = true));
    const waits = () => database.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await eventually(async () => expect(isOver || (await waits()).length > 0).toBe(true));
  });
  expect(await second).toMatchObject({ code: "rate_limited" });
});

test("a reveal shows the secret, needs a reason, and leaves both on the audit log", async () => {
  const key = await issue();
  const reveal = (note: string, privateKey: string) =>
    withTransaction(database.orm, (tx) => revealKey(tx, { keyId: key.id, note, privateKey, actor: OPERATOR }));
  await expect(reveal("  ", pair.privateKey)).rejects.toMatchObject({ code: "request_invalid", param: "note" });
  await expect(reveal("lost", newBoxKeyPair().privateKey)).rejects.toMatchObject({ code: "conflict" });
  expect(await reveal("customer lost it", pair.privateKey)).toBe(key.secret);
  const audit = await database.orm.select().from(auditLog).where(eq(auditLog.subject, key.id));
  expect(audit.filter((row) => row.action === "key.reveal")).toMatchObject([{ note: "customer lost it", actor: "operator_cli" }]);
});

test("the reveal key is set once: a second one would orphan the sealed copies", async () => {
  const standing = await withTransaction(database.orm, (tx) => setRevealPublicKey(tx, newBoxKeyPair().publicKey));
  expect(standing).toBe(pair.publicKey);
  expect(await database.orm.select().from(settings)).toHaveLength(1);
});

test("revoking ends a key for good, and twice is as good as once", async () => {
  const { id: keyId } = await issue();
  const revoke = (userId?: string) =>
    withTransaction(database.orm, (tx) => revokeKey(tx, { keyId, userId, actor: OPERATOR, clock: systemClock }));
  await expect(revoke("usr_somebody_else")).rejects.toMatchObject({ code: "not_found" });
  const first = await revoke(customer.userId);
  expect(first.changed).toBe(true);
  expect(await revoke()).toEqual({ revokedAt: first.revokedAt, changed: false });
  expect((await view(keyId))?.status).toBe("revoked");
});

test("limits that are not named stay as they were; null lifts one", async () => {
  const { id: keyId } = await issue({ models: ["gpt-5.5"], concurrencyMax: 2, budgetDay: parseUsd("5") });
  const change = (limits: Partial<KeyLimits>) =>
    withTransaction(database.orm, (tx) => setKeyLimits(tx, { keyId, limits, actor: OPERATOR }));
  await change({ concurrencyMax: null, ipAllow: ["203.0.113.0/24"], outputTokensMax: 1000, defaultModel: "gpt-5.5" });
  expect(await view(keyId)).toMatchObject({
    models: ["gpt-5.5"],
    defaultModel: "gpt-5.5",
    concurrencyMax: null,
    ipAllow: ["203.0.113.0/24"],
    outputTokensMax: 1000,
    day: { budgetUsd: "5.000000", spentUsd: "0.000000" },
  });
});

test.each<[keyof KeyLimits, Partial<KeyLimits>]>([
  ["concurrencyMax", { concurrencyMax: 0 }],
  ["requestsPerMinuteMax", { requestsPerMinuteMax: 1.5 }],
  ["outputTokensMax", { outputTokensMax: -1 }],
  ["budgetDay", { budgetDay: parseUsd("-1") }],
  ["models", { models: [] }],
  ["models", { models: ["not a model"] }],
  ["defaultModel", { models: ["gpt-5.5"], defaultModel: "gpt-6-sol" }],
  ["expiresAt", { expiresAt: new Date("2020-01-01") }],
])("%s that make no sense are refused by name", async (param, limits) => {
  await expect(issue(limits)).rejects.toMatchObject({ code: "request_invalid", param });
});

test("an address rule that is none is refused", async () => {
  await expect(issue({ ipAllow: ["somewhere"] })).rejects.toMatchObject({ code: "request_invalid", param: "ipAllow" });
});

test("a key can only be given lanes of its owner", async () => {
  const other = await testCustomer(database.orm);
  await expect(issue({ laneIds: [customer.walletLaneId, other.walletLaneId] })).rejects.toMatchObject({
    code: "not_found",
    param: "laneIds",
  });
  const { id } = await issue({ laneIds: [customer.walletLaneId] });
  expect((await view(id))?.laneIds).toEqual([customer.walletLaneId]);
});

test("a key shows what its running requests hold and what its finished ones spent, and forgets past periods", async () => {
  const trade = { customer, providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
  await placeTestHold(database, { ...trade, amount: 700_000n });
  await chargeTestRequest(database, { ...trade, amount: 500_000n, cost: 120_001n });
  expect(await view(customer.keyId)).toMatchObject({
    reservedUsd: "0.700000",
    day: { spentUsd: "0.120001" },
    week: { spentUsd: "0.120001" },
    month: { spentUsd: "0.120001" },
  });
  await database.sql`update api_key_usage set day_start = day_start - interval '1 day' where key_id = ${customer.keyId}`;
  expect(await view(customer.keyId)).toMatchObject({ day: { spentUsd: "0.000000" }, month: { spentUsd: "0.120001" } });
});

test("an expired key says so", async () => {
  const { id } = await issue({ expiresAt: new Date(Date.now() + 3_600_000) });
  expect((await view(id))?.status).toBe("active");
  await database.sql`update api_keys set expires_at = now() - interval '1 second' where id = ${id}`;
  expect((await view(id))?.status).toBe("expired");
});

test("each of 1,500 keys that go back to one shows the sum of all of them, and a key beside them its own", async () => {
  const { userId, keyId, viewer } = await testCustomer(database.orm);
  await addKeys(userId, "key_alone_", 1);
  await addRotated(keyId, "key_sibling_", { count: 1_499, at: new Date() });
  // Other periods of three of them are over.
  await database.sql`
    update api_key_usage set reserved = 2,
      day_spent = 3, day_start = period_start('day') - (key_id = 'key_sibling_1')::int * interval '1 day',
      week_spent = 5, week_start = period_start('week') - (key_id = 'key_sibling_2')::int * interval '7 days',
      month_spent = 7, month_start = period_start('month') - (key_id = 'key_sibling_3')::int * interval '1 month'
    where key_id = ${keyId} or key_id = 'key_alone_1' or key_id like 'key_sibling_%'`;
  const shown = (keys: Awaited<ReturnType<typeof listKeys>>) =>
    new Set(keys.map(({ reservedUsd, day, week, month }) => [reservedUsd, day.spentUsd, week.spentUsd, month.spentUsd].join(" ")));
  const keys = await listKeys(database.orm, viewer, { userId });
  expect(keys).toHaveLength(1_501);
  expect(shown(keys.filter(({ id }) => id === "key_alone_1"))).toEqual(new Set(["0.000002 0.000003 0.000005 0.000007"]));
  expect(shown(keys.filter(({ id }) => id !== "key_alone_1"))).toEqual(new Set(["0.003000 0.004497 0.007495 0.010493"]));
});
