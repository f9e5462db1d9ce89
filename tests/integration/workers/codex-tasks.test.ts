import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { raiseAlarm } from "@/lib/audit/raise-alarm";
import { pruneHistory } from "@/lib/codex/prune-history";
import { recordEvent } from "@/lib/codex/record-event";
import { loadProcessConfig } from "@/lib/config/load-config";
import { NAMELESS_ALARM } from "@/lib/mail/nameless-alarm";
import { setCodexLanes } from "@/lib/settings/codex-switch";
import { systemClock } from "@/lib/time/clock";
import { OPERATOR } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { signedInAccount, type LeasedAccount } from "@/tests/factories/leased-account";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import { testRunner } from "@/tests/factories/runner";
import { probeLanes } from "@/workers/background/probe-lanes";
import { watchRunners } from "@/workers/background/watch-runners";

const SECRET = "a runner secret for tests and for nothing else";
const log = pino({ level: "silent" });
let database: TestDatabase;
let runnerServer: Server;
let address: string;
/** What the runner was asked, and what it answers. */
let asked: string[];
let answer: (path: string) => { status: number; body: unknown };
beforeAll(async () => {
  database = await testDatabase();
  runnerServer = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (text: string) => (body += text));
    req.on("end", () => {
      asked.push(`${req.headers.authorization === `Bearer ${SECRET}` ? "" : "unknown caller "}${req.method} ${req.url} ${body}`);
      const { status, body: reply } = answer(req.url ?? "");
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(reply));
    });
  }).listen(0, "127.0.0.1");
  await once(runnerServer, "listening");
  address = `http://127.0.0.1:${(runnerServer.address() as AddressInfo).port}`;
});
afterAll(async () => {
  runnerServer.close();
  await database.close();
});
beforeEach(() => {
  asked = [];
  answer = () => ({ status: 200, body: {} });
});

const config = () =>
  loadProcessConfig({
    DATABASE_URL: database.url,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    NEXTAUTH_SECRET: "a session secret for tests and for nothing else",
    RUNNER_SECRET: SECRET,
  });
const probe = () => probeLanes({ config: config(), db: database, log });
const watch = () => watchRunners({ db: database, log, clock: systemClock });

async function exhaust({ laneId }: LeasedAccount, minutesAgo: number): Promise<void> {
  await database.sql`
    update lanes set state = 'exhausted', state_reason = 'x', state_until = now() - make_interval(mins => ${minutesAgo})
    where id = ${laneId}`;
}

test("a lane whose window was reset is looked at by the runner of its account, and one that is still closed is not", async () => {
  const [due, closed] = [await signedInAccount(database), await signedInAccount(database)];
  for (const { proof } of [due, closed]) await database.sql`update runners set address = ${address} where id = ${proof.runnerId}`;
  await exhaust(due, 5);
  await exhaust(closed, -5);
  await probe();
  expect(asked).toEqual([`POST /accounts/${due.accountId}/check-now {"userId":"${due.customer.userId}"}`]);
  await database.sql`update lanes set state = 'ready', state_until = null where id = ${due.laneId}`;
});

test("an account that has moved is asked where it is now, and no answer leaves the lane as it is", async () => {
  const account = await signedInAccount(database);
  await database.sql`update runners set address = ${address} where id = ${account.proof.runnerId}`;
  await exhaust(account, 5);
  answer = (path) => (path.startsWith("/here") ? { status: 200, body: {} } : { status: 409, body: { movedTo: `${address}/here` } });
  await probe();
  expect(asked.map((line) => line.split(" ")[1])).toEqual([
    `/accounts/${account.accountId}/check-now`,
    `/here/accounts/${account.accountId}/check-now`,
  ]);
  await database.sql`update runners set address = 'http://127.0.0.1:1' where id = ${account.proof.runnerId}`;
  await probe();
  expect(await database.sql`select state from lanes where id = ${account.laneId}`).toEqual([{ state: "exhausted" }]);
  await database.sql`update lanes set state = 'ready', state_until = null where id = ${account.laneId}`;
});

test("runners that fell silent are ended; with none left and Codex lanes signed in an operator is told, until one is back", async () => {
  const openAlarms = () => database.sql`select kind from alarms where kind = 'codex_runner_missing' and resolved_at is null`;
  await signedInAccount(database);
  await watch();
  expect(await openAlarms()).toHaveLength(0);
  await database.sql`update runners set heartbeat_at = now() - interval '10 minutes'`;
  await watch();
  expect(await database.sql`select 1 from runners where ended_at is null`).toHaveLength(0);
  expect(await openAlarms()).toHaveLength(1);
  await withTransaction(database.orm, (tx) => setCodexLanes(tx, { enabled: false, actor: OPERATOR, note: "a test" }));
  await watch();
  expect(await openAlarms()).toHaveLength(0);
  await withTransaction(database.orm, (tx) => setCodexLanes(tx, { enabled: true, actor: OPERATOR, note: "a test" }));
  await watch();
  expect(await openAlarms()).toHaveLength(1);
  await testRunner(database.sql);
  await watch();
  expect(await openAlarms()).toHaveLength(0);
});

test("history goes when it is old, and what is recent or in use stays", async () => {
  const account = await signedInAccount(database);
  const { accountId, customer, laneId, proof } = account;
  const { sql } = database;
  const old = new Date(Date.now() - 400 * 86_400_000);
  await recordEvent(sql, { accountId, kind: "container_started", detail: "old", fence: 1, at: old });
  for (const day of [old, new Date()]) {
    await sql`insert into window_samples (account_id, limit_id, window_minutes, observed_at, used_percent)
      values (${accountId}, 'codex', 300, ${day.toISOString()}, 1)`;
    await sql`insert into thread_pins (key_id, thread_id, user_id, lane_id, last_used_at)
      values (${customer.keyId}, ${day.toISOString()}, ${customer.userId}, ${laneId}, ${day.toISOString()})`;
  }
  await sql`insert into sign_ins (id, account_id, user_id, state, ended_at) values ('sin_old', ${accountId}, ${customer.userId}, 'expired', ${old.toISOString()})`;
  await sql`update runners set ended_at = ${old.toISOString()} where id = ${proof.runnerId}`;
  const pruned = await pruneHistory(sql);
  expect(pruned).toMatchObject({ window_samples: 1, account_events: 1, thread_pins: 1, sign_ins: 1 });
  // Its lease still names it.
  expect(await sql`select 1 from runners where id = ${proof.runnerId}`).toHaveLength(1);
  expect(await sql`select 1 from window_samples where account_id = ${accountId}`).toHaveLength(1);
  expect(await pruneHistory(sql)).toMatchObject({ window_samples: 0, account_events: 0, sign_ins: 0 });
});

test("an alarm about a mail loses the mail server's words with the mail, and what names nobody stays", async () => {
  const { sql } = database;
  const raise = (subject: string, detail: string, kind = "mail_given_up") => raiseAlarm(sql, { kind, subject, detail });
  for (const [id, age] of Object.entries({ mail_old: "91 days", mail_young: "89 days" })) {
    await sql`insert into outbox (id, kind, recipient, payload, given_up_at)
      values (${id}, 'account_taken', ${`${id}@example.com`}, '{}', now() - ${age}::interval)`;
    await raise(id, `550 no ${id}@example.com here`);
  }
  await raise("mail_deleted", "550 no deleted@example.com here");
  await raise("mail_old", "550 another alarm's words", "another_kind");
  expect(await pruneHistory(sql)).toMatchObject({ outbox: 1 });
  const alarms = await sql<{ subject: string; detail: string }[]>`
    select subject, detail from alarms where subject like 'mail_%' order by kind desc, subject`;
  expect(alarms.map(({ subject, detail }) => `${subject}: ${detail}`)).toEqual([
    `mail_deleted: ${NAMELESS_ALARM}`,
    `mail_old: ${NAMELESS_ALARM}`,
    "mail_young: 550 no mail_young@example.com here",
    "mail_old: 550 another alarm's words",
  ]);
});
