import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { apiKeys, keyHelpers } from "@/db/schema/keys";
import { auditLog } from "@/db/schema/operations";
import { withTransaction } from "@/db/transaction";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueKey } from "@/lib/keys/issue-key";
import { issueShortKey } from "@/lib/keys/issue-short-key";
import { KeyCache } from "@/lib/keys/key-cache";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { listKeys } from "@/lib/keys/read";
import { listHelpers } from "@/lib/keys/read-helpers";
import { revokeHelper } from "@/lib/keys/revoke-helper";
import { revokeKey } from "@/lib/keys/revoke-key";
import { rotateKey } from "@/lib/keys/rotate-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { writeShortKey } from "@/lib/keys/short-key";
import { verifyKey } from "@/lib/keys/verify-key";
import type { Clock } from "@/lib/time/clock";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const publicUrl = "http://gateway.test";
let database: TestDatabase;
let customer: TestCustomer;
let nowMs: number;
const clock: Clock = { now: () => new Date(nowMs) };
let cache: KeyCache;
let unlisten: () => Promise<void>;

beforeAll(async () => {
  database = await testDatabase();
  customer = await testCustomer(database.orm);
});
beforeEach(async () => {
  nowMs = Date.now();
  cache = new KeyCache(database.orm, clock);
  const subscription = await database.sql.listen("config_changed", (subject) => cache.drop(subject));
  unlisten = () => subscription.unlisten();
  return unlisten;
});
afterAll(() => database.close());

async function keyWithHelper(limits: Partial<KeyLimits> = {}) {
  const { userId } = customer;
  return withTransaction(database.orm, async (tx) => {
    const key = await issueKey(tx, { userId, name: "laptop", limits, actor: OPERATOR, clock });
    const helper = await issueHelper(tx, { keyId: key.id, userId, name: "helper", actor: OPERATOR, clock });
    return { key, helper };
  });
}

function fetchKey(secret: string, clientAddress = "203.0.113.7") {
  return issueShortKey(database.orm, secret, { cache, clock, clientAddress, publicUrl, masterKey: TEST_MASTER_KEY });
}

function verify(key: string, masterKey = TEST_MASTER_KEY, clientAddress = "203.0.113.7") {
  return verifyKey({ authorization: `Bearer ${key}` }, { cache, clock, clientAddress, publicUrl, masterKey });
}

describe("a short-lived key", () => {
  test("stands for its parent key, for ten minutes", async () => {
    const { key, helper } = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    expect((await verify(short.key)).key.id).toBe(key.id);
    nowMs += 10 * MINUTE_MS;
    await expect(verify(short.key)).rejects.toMatchObject({ code: "key_expired" });
  });

  test("lives no longer than its parent", async () => {
    const { helper } = await keyWithHelper({ expiresAt: new Date(nowMs + MINUTE_MS) });
    const short = await fetchKey(helper.secret);
    expect(short.expiresAt.getTime()).toBeLessThanOrEqual(nowMs + MINUTE_MS);
  });

  test("dies at once with its parent, also where it was used a moment ago", async () => {
    const { key, helper } = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    await verify(short.key);
    await withTransaction(database.orm, (tx) => revokeKey(tx, { keyId: key.id, actor: OPERATOR, clock }));
    await expect.poll(() => codeOf(verify(short.key))).toBe("key_revoked");
    await expect(fetchKey(helper.secret)).rejects.toMatchObject({ code: "key_revoked" });
  });

  test("dies at once with its helper, while its parent lives on", async () => {
    const { key, helper } = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    await verify(short.key);
    await withTransaction(database.orm, (tx) => revokeHelper(tx, { helperId: helper.id, userId: customer.userId, actor: OPERATOR, clock }));
    await expect.poll(() => codeOf(verify(short.key))).toBe("key_revoked");
    await expect(fetchKey(helper.secret)).rejects.toMatchObject({ code: "key_revoked" });
    expect((await verify(key.secret)).key.id).toBe(key.id);
  });

  test("keeps its parent's address list, when it is fetched and when it is used", async () => {
    const { helper } = await keyWithHelper({ ipAllow: ["203.0.113.7"] });
    const short = await fetchKey(helper.secret);
    // Without the parent's id: neither of the two is the key itself.
    const refusal = { code: "ip_not_allowed", message: expect.stringMatching(/\/dashboard\/keys\.$/) as string };
    await expect(verify(short.key, TEST_MASTER_KEY, "198.51.100.1")).rejects.toMatchObject(refusal);
    await expect(fetchKey(helper.secret, "198.51.100.1")).rejects.toMatchObject(refusal);
  });

  test("cannot be made up, prolonged or moved to another helper", async () => {
    const { helper } = await keyWithHelper();
    const other = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    const [, , , expiry = "", mac = ""] = /^(sk-sy-short)\.(\w+)\.((\w+))\.([\w-]+)$/.exec(short.key) ?? [];
    const later = (Number.parseInt(expiry, 36) + 3600).toString(36);
    const forged = [
      short.key.replace(expiry, later),
      short.key.replace(helper.id, other.helper.id),
      `${short.key.slice(0, -1)}${short.key.endsWith("A") ? "Q" : "A"}`,
      `sk-sy-short.${helper.id}.${expiry}.${randomBytes(32).toString("base64url")}`,
      `sk-sy-short.${mac}`,
      writeShortKey("another master key", { helperId: helper.id, expiresAt: short.expiresAt }),
    ];
    for (const key of forged) await expect(verify(key), key).rejects.toMatchObject({ code: "key_invalid" });
  });

  test("outlives a change of the master key for as long as the old one is listed", async () => {
    const { key, helper } = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    expect((await verify(short.key, `a new one, ${TEST_MASTER_KEY}`.replace(", ", ","))).key.id).toBe(key.id);
  });
});

describe("a helper's secret", () => {
  test("is kept only as a hash, and is no API key itself", async () => {
    const { helper } = await keyWithHelper();
    const [row] = await database.sql<{ row: string }[]>`select row_to_json(h)::text as row from key_helpers h where id = ${helper.id}`;
    const audit = await database.orm.select().from(auditLog).where(eq(auditLog.subject, helper.id));
    expect(`${row?.row}${JSON.stringify(audit)}`).not.toContain(helper.secret);
    await expect(verify(helper.secret)).rejects.toMatchObject({ code: "key_invalid" });
    await expect(fetchKey("sy-helper-nobody")).rejects.toMatchObject({ code: "key_invalid" });
  });

  test("another customer can neither give a helper to my key nor revoke mine", async () => {
    const { key, helper } = await keyWithHelper();
    const { userId } = await testCustomer(database.orm);
    const steal = withTransaction(database.orm, (tx) =>
      issueHelper(tx, { keyId: key.id, userId, name: "mine now", actor: OPERATOR, clock }),
    );
    await expect(steal).rejects.toMatchObject({ code: "not_found" });
    const kill = withTransaction(database.orm, (tx) => revokeHelper(tx, { helperId: helper.id, userId, actor: OPERATOR, clock }));
    await expect(kill).rejects.toMatchObject({ code: "not_found" });
  });

  test("the list says when it last fetched a key, and forgets it once it is revoked", async () => {
    const { key, helper } = await keyWithHelper();
    const mine = () => listHelpers(database.orm, customer.viewer, { userId: customer.userId, keyId: key.id });
    expect(await mine()).toMatchObject([{ id: helper.id, lastUsedAt: null, key: { name: "laptop" } }]);
    await fetchKey(helper.secret);
    expect(await mine()).toMatchObject([{ lastUsedAt: clock.now().toISOString() }]);
    await withTransaction(database.orm, (tx) => revokeHelper(tx, { helperId: helper.id, userId: customer.userId, actor: OPERATOR, clock }));
    expect(await mine()).toEqual([]);
  });
});

describe("a rotation", () => {
  function rotate(keyId: string, graceMs: number) {
    return withTransaction(database.orm, (tx) => rotateKey(tx, { keyId, userId: customer.userId, graceMs, actor: OPERATOR, clock }));
  }

  test("gives a new secret with the same limits, and lets the old one go on until its end", async () => {
    const { key } = await keyWithHelper({ models: ["gpt-5.5"], concurrencyMax: 3, laneIds: [customer.walletLaneId] });
    const fresh = await rotate(key.id, HOUR_MS);
    const views = await listKeys(database.orm, customer.viewer, { userId: customer.userId });
    expect(views.find(({ id }) => id === fresh.id)).toMatchObject({
      name: "laptop",
      models: ["gpt-5.5"],
      concurrencyMax: 3,
      laneIds: [customer.walletLaneId],
      expiresAt: null,
    });
    expect(views.find(({ id }) => id === key.id)).toMatchObject({
      replacedBy: fresh.id,
      expiresAt: new Date(nowMs + HOUR_MS).toISOString(),
    });
    expect((await verify(key.secret)).key.id).toBe(key.id);
    nowMs += HOUR_MS;
    await expect(verify(key.secret)).rejects.toMatchObject({ code: "key_expired" });
    expect((await verify(fresh.secret)).key.id).toBe(fresh.id);
  });

  test("without grace ends the old one now", async () => {
    const { key } = await keyWithHelper();
    await rotate(key.id, 0);
    await expect(verify(key.secret)).rejects.toMatchObject({ code: "key_expired" });
  });

  test("takes the helpers along: what they have fetched goes on with the new key", async () => {
    const { key, helper } = await keyWithHelper();
    const short = await fetchKey(helper.secret);
    const fresh = await rotate(key.id, 0);
    await expect.poll(async () => (await verify(short.key)).key.id).toBe(fresh.id);
    expect((await database.orm.select().from(keyHelpers).where(eq(keyHelpers.id, helper.id)))[0]?.keyId).toBe(fresh.id);
    const late = withTransaction(database.orm, (tx) =>
      issueHelper(tx, { keyId: key.id, userId: customer.userId, name: "too late", actor: OPERATOR, clock }),
    );
    await expect(late).rejects.toMatchObject({ code: "conflict", param: "keyId" });
  });

  test("lasts seven days at most, happens once, and its end cannot be put off", async () => {
    const { key } = await keyWithHelper();
    await expect(rotate(key.id, 7 * 24 * HOUR_MS + 1)).rejects.toMatchObject({ code: "request_invalid" });
    await rotate(key.id, HOUR_MS);
    await expect(rotate(key.id, HOUR_MS)).rejects.toMatchObject({ code: "conflict" });
    const extend = withTransaction(database.orm, (tx) => setKeyLimits(tx, { keyId: key.id, limits: { expiresAt: null }, actor: OPERATOR }));
    await expect(extend).rejects.toMatchObject({ code: "conflict" });
  });

  test("never prolongs a key that would have ended sooner, and leaves revoked and expired ones alone", async () => {
    const soon = new Date(nowMs + MINUTE_MS);
    const { key } = await keyWithHelper({ expiresAt: soon });
    await rotate(key.id, HOUR_MS);
    const [row] = await database.orm.select().from(apiKeys).where(eq(apiKeys.id, key.id));
    expect(row?.expiresAt).toEqual(soon);
    const revoked = await keyWithHelper();
    await withTransaction(database.orm, (tx) => revokeKey(tx, { keyId: revoked.key.id, actor: OPERATOR, clock }));
    await expect(rotate(revoked.key.id, 0)).rejects.toMatchObject({ code: "conflict" });
    const expired = await keyWithHelper({ expiresAt: new Date(nowMs + MINUTE_MS) });
    nowMs += HOUR_MS;
    await expect(rotate(expired.key.id, 0)).rejects.toMatchObject({ code: "conflict" });
  });
});

async function codeOf(verifying: Promise<unknown>): Promise<string> {
  return verifying.then(
    () => "ok",
    (error: { code: string }) => error.code,
  );
}
