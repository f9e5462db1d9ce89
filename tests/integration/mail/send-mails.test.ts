import { fork } from "node:child_process";
import path from "node:path";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { loadProcessConfig } from "@/lib/config/load-config";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer } from "@/lib/crypto/sealer";
import { claimMail, TRIES_MAX } from "@/lib/mail/outbox";
import { queueMail } from "@/lib/mail/queue-mail";
import { readDisconnectToken } from "@/lib/codex/disconnect-link";
import { testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { startMailServer, type MailServer } from "@/tests/factories/mail-server";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import { sendMails } from "@/workers/background/send-mails";

const log = pino({ level: "silent" });
const sealer = createSealer(parseMasterKeys(TEST_MASTER_KEY));
let database: TestDatabase;
let server: MailServer;
let env: Record<string, string>;
beforeAll(async () => {
  [database, server] = await Promise.all([testDatabase(), startMailServer()]);
  env = {
    DATABASE_URL: database.url,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    NEXTAUTH_SECRET: "a session secret for tests and for nothing else",
    PUBLIC_URL: "https://gateway.example",
    SMTP_URL: server.url,
  };
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  await database.sql`delete from outbox`;
  await database.sql`delete from alarms`;
  server.received.length = 0;
  server.onMail(async () => undefined);
});

const send = (settings: Record<string, string> = {}, db = database) =>
  sendMails({ config: loadProcessConfig({ ...env, ...settings }), db, log, sealer });
const refused = { kind: "sign_in_refused", payload: { laneId: "lane_1", label: "Mine", message: "Taken by another customer." } } as const;
const queue = (recipient = "owner@example.com") => queueMail(database.sql, { ...refused, recipient });
/** Lets what waits for its next try be due. */
const letTimePass = () => database.sql`update outbox set next_try_at = now() where sent_at is null and given_up_at is null`;

async function outbox() {
  return database.sql<{ tries: number; sent: boolean; givenUp: boolean; error: string | null }[]>`
    select tries, sent_at is not null as sent, given_up_at is not null as "givenUp", last_error as error from outbox order by created_at, id`;
}

test("a mail is delivered once, with words, a link and the brand's name", async () => {
  await queue();
  await send();
  await send();
  expect(server.received).toHaveLength(1);
  const [mail] = server.received;
  expect(mail?.to).toEqual(["owner@example.com"]);
  expect(mail?.headers).toMatchObject({
    from: "Switchyard <no-reply@gateway.example>",
    subject: "A ChatGPT account could not be connected to Switchyard",
    "message-id": expect.stringMatching(/^<mail_[0-9a-f]+@gateway\.example>$/) as string,
  });
  expect(mail?.raw).toContain("https://gateway.example/dashboard/lanes/lane_1");
  expect(await outbox()).toEqual([{ tries: 1, sent: true, givenUp: false, error: null }]);
});

test("two senders at one time send each mail once", async () => {
  for (let count = 0; count < 25; count += 1) await queue(`owner-${count}@example.com`);
  await Promise.all([send(), send({}, { ...database, ...database.connect() })]);
  expect(new Set(server.received.map(({ to }) => to[0])).size).toBe(25);
  expect(server.received).toHaveLength(25);
});

test("a mail that waits behind slow ones is nobody's: another sender sends it, and it goes out once", async () => {
  for (const name of ["first", "second", "third"]) await queue(`${name}@example.com`);
  let isFirst = true;
  server.onMail(async () => {
    if (!isFirst) return;
    isFirst = false;
    // The server has been slow for longer than any claim on the other two would have held.
    await database.sql`update outbox set next_try_at = now() where tries > 0 and recipient <> 'first@example.com'`;
    await send({}, { ...database, ...database.connect() });
  });
  await send();
  expect(server.received.flatMap(({ to }) => to).toSorted()).toEqual(["first@example.com", "second@example.com", "third@example.com"]);
});

test("a 4xx is tried again later, a 5xx is given up at once with an alarm", async () => {
  await queue();
  server.refuse(451, 550);
  await send();
  expect(await outbox()).toMatchObject([{ tries: 1, sent: false, givenUp: false, error: expect.stringContaining("451") as string }]);
  await send();
  expect(await outbox()).toMatchObject([{ tries: 1 }]);
  await letTimePass();
  await send();
  expect(await outbox()).toMatchObject([{ tries: 2, sent: false, givenUp: true, error: expect.stringContaining("550") as string }]);
  expect(await database.sql`select kind from alarms where resolved_at is null`).toEqual([{ kind: "mail_given_up" }]);
  await letTimePass();
  await send();
  expect(server.received).toHaveLength(0);
});

test("a server that refuses us says nothing about the mail: it waits, until its tries are used up", async () => {
  await queue();
  const away = { SMTP_URL: "smtp://127.0.0.1:1" };
  for (let round = 0; round < TRIES_MAX - 1; round += 1) {
    await send(away);
    await letTimePass();
  }
  expect(await outbox()).toMatchObject([{ tries: TRIES_MAX - 1, givenUp: false }]);
  await send(away);
  expect(await outbox()).toMatchObject([{ tries: TRIES_MAX, givenUp: true }]);
  expect(await database.sql`select kind from alarms where resolved_at is null`).toHaveLength(1);
});

test("a sender that is killed after the server took the mail leaves one duplicate at most, under the same Message-ID", async () => {
  await queue();
  const child = fork(path.join(import.meta.dirname, "../../factories/mail-sender-main.ts"), {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  server.onMail(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  await gone;
  expect(server.received).toHaveLength(1);
  expect(await outbox()).toMatchObject([{ tries: 1, sent: false }]);
  server.onMail(async () => undefined);
  // Until its claim has run out nobody else takes it.
  await send();
  expect(server.received).toHaveLength(1);
  await letTimePass();
  await send();
  await send();
  expect(server.received).toHaveLength(2);
  expect(new Set(server.received.map(({ headers }) => headers["message-id"])).size).toBe(1);
});

test("a mail in the hands of senders that always die is given up and told", async () => {
  await queue();
  for (let round = 0; round < TRIES_MAX; round += 1) {
    await claimMail(database.sql);
    await letTimePass();
  }
  await send();
  expect(await outbox()).toMatchObject([{ tries: TRIES_MAX, sent: false, givenUp: true }]);
  expect(await database.sql`select kind from alarms where resolved_at is null`).toHaveLength(1);
  expect(server.received).toHaveLength(0);
});

test("without a mail server everything waits in the outbox, untouched", async () => {
  await queue();
  await send({ SMTP_URL: "" });
  expect(await outbox()).toEqual([{ tries: 0, sent: false, givenUp: false, error: null }]);
});

test("a mail goes with the transaction that writes it, to the user's own address or else their ChatGPT account's", async () => {
  const customer = await testCustomer(database.orm);
  const mail = { ...refused, userId: customer.userId };
  expect(await withTransaction(database.orm, (tx) => queueMail(tx, mail))).toBeNull();
  await database.sql`insert into chatgpt_accounts (id, user_id, email) values ('acct_mail', ${customer.userId}, 'plan@example.com')`;
  expect(await withTransaction(database.orm, (tx) => queueMail(tx, mail))).toBe("plan@example.com");
  await database.sql`update users set email = 'own@example.com' where id = ${customer.userId}`;
  expect(await withTransaction(database.orm, (tx) => queueMail(tx, { ...mail, onceADay: true }))).toBeNull();
  await database.sql`update outbox set created_at = now() - interval '25 hours'`;
  expect(await withTransaction(database.orm, (tx) => queueMail(tx, { ...mail, onceADay: true }))).toBe("own@example.com");
  await expect(
    withTransaction(database.orm, async (tx) => {
      await queueMail(tx, mail);
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  expect(await outbox()).toHaveLength(2);
});

test("the link in the mail to a connected address disconnects that account", async () => {
  const payload = { accountId: "acct_1", laneId: "lane_1", label: "Mine", address: "a@example.com", planType: null };
  await queueMail(database.sql, { kind: "account_connected", recipient: "a@example.com", payload });
  await send();
  const text = server.received[0]?.raw.replaceAll("=\r\n", "") ?? "";
  const token = /gateway\.example\/disconnect\/([\w.-]+)/.exec(text)?.[1] ?? "";
  expect(readDisconnectToken(`${"n".repeat(32)},${TEST_MASTER_KEY}`, token)).toBe("acct_1");
});
