import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { recordAudit } from "@/lib/audit/record-audit";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { setOptOuts } from "@/lib/mail/opt-outs";
import { queueMail } from "@/lib/mail/queue-mail";
import { exportUserData } from "@/lib/users/export-user-data";
import { openSession } from "@/lib/users/sessions";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { TEST_SEALER } from "@/tests/factories/newcomer";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, testRequestRow } from "@/tests/factories/request";

const ADDRESS = "203.0.113.9";
const now = new Date();
let database: TestDatabase;
let customer: TestCustomer;
let other: TestCustomer;

beforeAll(async () => {
  database = await testDatabase();
  const { orm, sql } = database;
  [customer, other] = await Promise.all([testCustomer(orm, { creditUsd: "5" }), testCustomer(orm, { creditUsd: "5" })]);
  const providerId = await testProvider(orm);
  const trade = { providerId, priceId: (await testPrice(orm, "gpt-5.5")).id };
  for (const payer of [customer, other]) {
    await chargeTestRequest(database, { customer: payer, ...trade, amount: 900n, cost: 400n, row: { client_address: ADDRESS } });
  }
  const { userId } = customer;
  await sql`update users set email = ${`${customer.username}@example.com`} where id = ${userId}`;
  await addCodexLane(database, customer, { label: "My ChatGPT", address: "http://127.0.0.1:1" });
  await withTransaction(orm, async (tx) => {
    const lane = { userId, label: "My own key", baseUrl: "https://api.openai.com/v1", secret: "sk-their-own-9876", allow: [] };
    await addApiKeyLane(tx, { ...lane, sealer: TEST_SEALER, actor: OPERATOR });
    const session = { sessionVersion: 1, mustChangePassword: false, oneTimeHash: null, address: ADDRESS, userAgent: "curl/8" };
    await openSession(tx, { userId, ...session, now });
    await setOptOuts(tx, { userId, kinds: ["lane_spill"] });
    await queueMail(tx, { kind: "security_changed", userId, payload: { event: "totp_on", left: null } });
    await recordAudit(tx, { actor: { kind: "user", userId, address: ADDRESS }, action: "user.export", subject: userId });
  });
});
afterAll(() => database.close());

async function exported(viewer = customer.viewer): Promise<{ text: string; rows: Record<string, unknown>[] }> {
  let text = "";
  for await (const part of exportUserData(database, viewer, { userId: customer.userId, now })) text += part;
  return { text, rows: text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>])) };
}

test("holds everything that is stored about a person, a line each", async () => {
  const { rows } = await exported();
  const kinds = new Set(rows.map(({ record }) => record));
  const expected = ["export", "profile", "wallet", "api_key", "lane", "chatgpt_account", "chatgpt_consent", "session", "mail", "change"];
  expect([...kinds]).toEqual(expect.arrayContaining([...expected, "ledger_line", "request"]));
  const of = (kind: string) => rows.filter(({ record }) => record === kind);
  expect(of("profile")).toMatchObject([{ username: customer.username, mailsTurnedOff: ["lane_spill"] }]);
  expect(of("lane").map(({ label }) => label)).toEqual(["My ChatGPT", "My own key", "Wallet"]);
  expect(of("session")).toMatchObject([{ address: ADDRESS, userAgent: "curl/8" }]);
  expect(of("mail")).toMatchObject([{ kind: "security_changed", recipient: `${customer.username}@example.com` }]);
  expect(of("request")).toMatchObject([{ model: "gpt-5.5", costUsd: "0.000400", clientAddress: ADDRESS }]);
  expect(of("ledger_line").map(({ kind }) => kind)).toEqual(["settle", "hold", "adjustment"]);
  expect(of("change")).toContainEqual(expect.objectContaining({ action: "user.export", by: "you", address: ADDRESS }));
  expect(of("change")).toContainEqual(expect.objectContaining({ action: "customer.create", by: "operator", address: null }));
});

test("lists no mail to an address from before or after it was the person's", async () => {
  const email = `${customer.username}@example.com`;
  await queueMail(database.sql, { kind: "no_such_account", recipient: email, payload: {} });
  const event = { event: "totp_off", left: null } as const;
  await queueMail(database.sql, { kind: "security_changed", userId: other.userId, recipient: email, payload: event });
  const { rows } = await exported();
  expect(rows.filter(({ record }) => record === "mail")).toMatchObject([{ kind: "security_changed", recipient: email }]);
});

test("holds no secret, and nothing of anybody else", async () => {
  const { text } = await exported();
  const secrets = ["sk-their-own", customer.secret, "hash", "sealed", "argon2"];
  for (const word of [...secrets, other.userId, other.keyId, other.username]) expect(text, word).not.toContain(word);
  await expect(exported(other.viewer)).rejects.toMatchObject({ code: "not_found" });
});

test("goes through logs that are longer than one read, and names each request once", async () => {
  const start = Date.now() - 60_000;
  const rows = Array.from({ length: 1_203 }, (_, index) =>
    testRequestRow(customer, { id: `req_many_${index}`, startedAt: new Date(start + index) }),
  );
  await database.sql`insert into requests select * from jsonb_populate_recordset(null::requests, ${database.sql.json(rows as never)})`;
  const found = (await exported()).rows.filter(({ record }) => record === "request").map(({ id }) => id);
  expect(found).toHaveLength(1_204);
  expect(new Set(found).size).toBe(1_204);
});
