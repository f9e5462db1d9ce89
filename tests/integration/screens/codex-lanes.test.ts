import { sql, TransactionRollbackError } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tx } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import type { Viewer } from "@/lib/access/viewer";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { cancelSignIn } from "@/lib/codex/cancel-sign-in";
import { readAccountHistory } from "@/lib/codex/read-history";
import { CONSENT } from "@/lib/codex/consent-text";
import { readEvidence } from "@/lib/codex/read-evidence";
import { listFleetAccounts, listRunners } from "@/lib/codex/read-fleet";
import { readForecasts } from "@/lib/codex/read-forecasts";
import { readSignIn } from "@/lib/codex/read-sign-in";
import { recordLimits } from "@/lib/codex/record-limits";
import { signInWaiting } from "@/lib/codex/sign-in-waiting";
import { newId } from "@/lib/ids/ids";
import { listLanes, readLane } from "@/lib/lanes/read";
import { listMails } from "@/lib/mail/read";
import type { ReportedWindow } from "@/lib/turns/reported-limits";
import { neverSharedClaims } from "@/components/lanes/never-shared";
import { OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { leasedAccount, signedInAccount, type LeasedAccount } from "@/tests/factories/leased-account";
import { testRequestRow } from "@/tests/factories/request";

const HOUR_MS = 3_600_000;
const SITE = { brandName: "Switchyard", publicUrl: "https://switchyard.example", only: null };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

function inBrowser({ customer: { userId, username } }: LeasedAccount): Viewer {
  return { userId, username, role: "customer", via: { kind: "session", sessionId: "ses_test" } };
}

async function report(account: LeasedAccount, windows: Partial<ReportedWindow>[], observedAt = new Date()) {
  const whole = windows.map((window) => ({
    limitId: "codex",
    limitName: null,
    windowMinutes: 300,
    usedPercent: 10,
    resetsAt: new Date(observedAt.getTime() + HOUR_MS),
    ...window,
  }));
  const limits = { allowed: true, planType: "plus", openaiAccountId: null, windows: whole, credits: null };
  return recordLimits(db.sql, { ...account.proof, limits, observedAt });
}

async function logRequest(
  payer: { userId: string; keyId: string; walletLaneId: string },
  columns: Record<string, unknown>,
  startedAt = new Date(),
) {
  const row = { ...testRequestRow(payer, { id: newId("req"), startedAt }), ...columns };
  await db.sql`insert into requests select * from jsonb_populate_record(null::requests, ${JSON.stringify(row)}::text::jsonb)`;
}

describe("the list of lanes", () => {
  test("holds the windows of a ChatGPT account, its own before those of one model, the short before the long", async () => {
    const account = await signedInAccount(db);
    await report(account, [
      { limitId: "a_model", limitName: "A model", usedPercent: 80 },
      { windowMinutes: 10_080, usedPercent: 20 },
      { usedPercent: 40 },
    ]);
    const [lane] = await listLanes(db.orm, inBrowser(account), { userId: account.customer.userId });
    expect(lane).toMatchObject({ kind: "codex", state: "ready", account: { state: "signed_in", planType: "plus" } });
    expect(lane?.account?.windows.map(({ limitId, windowMinutes, usedPercent }) => [limitId, windowMinutes, usedPercent])).toEqual([
      ["codex", 300, 40],
      ["codex", 10_080, 20],
      ["a_model", 300, 80],
    ]);
  });

  test("tells the address of the ChatGPT account to its owner's browser and not to an API key", async () => {
    const account = await signedInAccount(db);
    const { userId } = account.customer;
    const emails = await Promise.all(
      [inBrowser(account), account.customer.viewer].map(async (viewer) => (await listLanes(db.orm, viewer, { userId }))[0]?.account?.email),
    );
    expect(emails).toEqual([`${account.accountId}@example.com`, null]);
  });

  test("counts what a paid lane took over today, and not what it took over yesterday", async () => {
    const { userId, walletLaneId, viewer } = await testCustomer(db.orm);
    await db.sql`
      insert into lane_spills (user_id, lane_id, day, requests, first_reason) values
        (${userId}, ${walletLaneId}, (now() at time zone 'utc')::date, 12, 'exhausted'),
        (${userId}, ${walletLaneId}, (now() at time zone 'utc')::date - 1, 400, 'busy')`;
    const [lane] = await listLanes(db.orm, viewer, { userId });
    expect(lane?.spillToday).toMatchObject({ requests: 12, firstReason: "exhausted" });
  });

  test("is nothing to another customer", async () => {
    const [one, other] = [await signedInAccount(db), await signedInAccount(db)];
    const foreign = { laneId: one.laneId };
    const viewer = inBrowser(other);
    const since = new Date(0);
    for (const look of [
      () => readLane(db.orm, viewer, foreign),
      () => readSignIn(db.orm, viewer, foreign),
      () => readEvidence(db.orm, viewer, { accountId: one.accountId }),
      () => readAccountHistory(db.orm, viewer, { accountId: one.accountId, since, eventsMax: 1 }),
      () => readForecasts(db.orm, viewer, { accountId: one.accountId, windows: [], now: since }),
      () => listFleetAccounts(db.orm, viewer),
      () => listRunners(db.orm, viewer),
      () => listMails(db.orm, viewer, SITE),
    ]) {
      await expect(look()).rejects.toMatchObject({ code: "not_found" });
    }
  });
});

test("the code of a sign-in is shown to its owner's browser alone: neither to an API key, nor to an admin, nor when it is over", async () => {
  const account = await leasedAccount(db);
  const { laneId, accountId, customer } = account;
  expect(await readSignIn(db.orm, inBrowser(account), { laneId })).toBeNull();
  const { signInId } = await withTransaction(db.orm, (tx) => beginSignIn(tx, { accountId, userId: customer.userId, address: null }));
  const code = { userCode: "ABCD-12345", verificationUrl: "https://auth.openai.com/codex/device" };
  await signInWaiting(db.sql, { signInId, ...code, expiresAt: new Date(Date.now() + HOUR_MS) });
  expect(await readSignIn(db.orm, inBrowser(account), { laneId })).toMatchObject({ state: "waiting", code });
  expect(await readSignIn(db.orm, customer.viewer, { laneId })).toMatchObject({ state: "waiting", code: null });
  expect(await readSignIn(db.orm, OPERATOR_VIEWER, { laneId })).toMatchObject({ state: "waiting", code: null });
  await withTransaction(db.orm, (tx) => cancelSignIn(tx, { signInId, userId: customer.userId }));
  expect(await readSignIn(db.orm, inBrowser(account), { laneId })).toMatchObject({ state: "cancelled", code: null });
});

describe("the evidence", () => {
  test("names the container, what the driver found, the consent, and holds every claim", async () => {
    const account = await signedInAccount(db);
    const isolation = { fs: true, pids: true, net: "allow-list", uid: "per-account", limits: { memory: true, cpu: false }, seccomp: true };
    await db.sql`update runners set isolation = ${JSON.stringify(isolation)}::text::jsonb where id = ${account.proof.runnerId}`;
    const container = { name: "codex-1", instance: "4711" };
    await db.sql`update chatgpt_accounts set container = ${JSON.stringify(container)}::text::jsonb where id = ${account.accountId}`;
    await logRequest(account.customer, { lane_id: account.laneId, lane_kind: "codex" });
    const evidence = await readEvidence(db.orm, inBrowser(account), { accountId: account.accountId });
    expect(evidence).toMatchObject({
      container,
      fence: 1,
      lease: { runnerId: account.proof.runnerId, isLive: true },
      isolation: { net: "allow-list", limits: { memory: true, cpu: false, pids: null } },
      neverShared: { lanes: { own: 1, foreign: 0 }, keys: { own: 1, foreign: 0 }, sameIdentity: 1, requests: { own: 1, foreign: 0 } },
    });
    expect(evidence.consents).toMatchObject([
      { textVersion: CONSENT.version, words: expect.arrayContaining([expect.stringContaining("my own work only")]) as string[] },
    ]);
    expect(neverSharedClaims(evidence.neverShared).filter(({ holds }) => !holds)).toEqual([]);
  });

  test("shows each way in which the promise could be broken, were the database not to refuse it", async () => {
    const [account, stranger] = [await signedInAccount(db), await testCustomer(db.orm)];
    const { accountId, laneId } = account;
    const broken = async (breakIt: (tx: Tx) => Promise<unknown>) => {
      let texts: string[] = [];
      await withTransaction(db.orm, async (tx) => {
        await breakIt(tx);
        const { neverShared } = await readEvidence(tx, inBrowser(account), { accountId });
        texts = neverSharedClaims(neverShared).flatMap(({ holds, text }) => (holds ? [] : [text]));
        tx.rollback();
      }).catch((error: unknown) => {
        if (!(error instanceof TransactionRollbackError)) throw error;
      });
      return texts.join("; ");
    };

    expect(
      await broken(async (tx) => {
        await tx.execute(sql`alter table api_key_lanes drop constraint api_key_lanes_lane_owner`);
        await tx.execute(
          sql`insert into api_key_lanes (key_id, lane_id, user_id) values (${stranger.keyId}, ${laneId}, ${stranger.userId})`,
        );
      }),
    ).toMatch(/API keys that can reach it: 1 of its owner, 1 of others; .*missing: api_key_lanes_lane_owner/);
    expect(
      await broken(async (tx) => {
        await tx.execute(sql`alter table lanes drop constraint lanes_account_owner, drop constraint lanes_one_per_account`);
        await tx.execute(sql`insert into lanes (id, user_id, kind, position, label, state, chatgpt_account_id)
          values (${newId("lane")}, ${stranger.userId}, 'codex', 9, 'stolen', 'ready', ${accountId})`);
      }),
    ).toMatch(/Lanes on this account: 1 of its owner, 1 of others; API keys .* 1 of others; .*lanes_account_owner, lanes_one_per_account/);
    expect(await broken((tx) => tx.execute(sql`alter table chatgpt_accounts disable trigger user`))).toMatch(
      /missing: chatgpt_accounts_guard, chatgpt_accounts_guard_new$/,
    );
    expect(await broken((tx) => tx.execute(sql`alter table api_keys disable trigger api_keys_guard_owner`))).toMatch(
      /missing: api_keys_guard_owner$/,
    );
    expect(
      await broken((tx) => tx.execute(sql`alter table chatgpt_accounts drop constraint chatgpt_accounts_removed_has_no_home`)),
    ).toMatch(/missing: chatgpt_accounts_removed_has_no_home$/);
    await logRequest(stranger, { lane_id: laneId, lane_kind: "codex" });
    expect(await broken(async () => {})).toMatch(/answered in the last 24 hours: 0 of its owner, 1 of others/);
  });
});

test("the history of an account is its windows in their order of time, and its newest events", async () => {
  const account = await signedInAccount(db);
  const start = Date.now() - 2 * HOUR_MS;
  const dayBefore = -25 * 60;
  for (const [minutes, usedPercent] of [
    [dayBefore, 5],
    [0, 10],
    [30, 35],
    [60, 60],
  ] as const) {
    const observedAt = new Date(start + minutes * 60_000);
    await report(account, [{ usedPercent, resetsAt: new Date(start + 5 * HOUR_MS) }], observedAt);
  }
  const viewer = inBrowser(account);
  const { accountId } = account;
  const history = await readAccountHistory(db.orm, viewer, { accountId, since: new Date(start + dayBefore * 60_000 - 1), eventsMax: 1 });
  expect(history.windows.map(({ samples }) => samples.map(({ usedPercent }) => usedPercent))).toEqual([[5, 10, 35, 60]]);
  expect(history.events).toHaveLength(1);
  const { windows } = history;
  const now = new Date(start + 60 * 60_000);
  const { filling, overflow } = await readForecasts(db.orm, viewer, { accountId, windows, now });
  expect(filling).toMatchObject([{ limitId: "codex", windowMinutes: 300 }]);
  expect(new Date(filling[0]?.fullAt ?? 0).getTime()).toBeGreaterThan(now.getTime());
  expect(overflow).toBeNull();

  const overflowNow = async () => (await readForecasts(db.orm, viewer, { accountId, windows, now })).overflow;
  const past = (laneId: string) => ({ spill_reason: "exhausted", decisions: [{ laneId }] });
  await logRequest(account.customer, { lane_id: account.laneId, lane_kind: "codex" }, new Date(now.getTime() - HOUR_MS));
  await logRequest(account.customer, past("lane_of_another_account"), new Date(now.getTime() - HOUR_MS / 2));
  await logRequest(account.customer, past(account.laneId), new Date(start + (dayBefore - 60) * 60_000));
  expect(await overflowNow()).toBeNull();
  await logRequest(account.customer, past(account.laneId), new Date(now.getTime() - HOUR_MS / 2));
  expect(await overflowNow()).toMatch(/^a second account would have carried about 100 % of the overflow of the last day/);

  const lately = windows.map((window) => ({ ...window, samples: window.samples.slice(1) }));
  expect(await readForecasts(db.orm, viewer, { accountId, windows: lately, now })).toEqual({ filling: [], overflow: null });
});

describe("the operator", () => {
  test("sees the accounts that need a look first, with their owner, lane and lease", async () => {
    const well = await signedInAccount(db);
    const ill = await signedInAccount(db);
    await db.sql`update chatgpt_accounts set container_state = 'failed', container_reason = 'failed: no space' where id = ${ill.accountId}`;
    const rows = await listFleetAccounts(db.orm, OPERATOR_VIEWER);
    const place = (account: LeasedAccount) => rows.findIndex(({ id }) => id === account.accountId);
    expect(place(ill)).toBeLessThan(place(well));
    expect(rows[place(ill)]).toMatchObject({
      owner: { username: ill.customer.username },
      lane: { id: ill.laneId, state: "ready" },
      container: { state: "failed", reason: "failed: no space" },
      lease: { runnerId: ill.proof.runnerId, isLive: true },
    });
  });

  test("sees a runner that is silent or draining as such, with the accounts that it holds", async () => {
    const [live, silent, draining] = [await signedInAccount(db), await signedInAccount(db), await signedInAccount(db)];
    await db.sql`update runners set heartbeat_at = now() - interval '10 minutes' where id = ${silent.proof.runnerId}`;
    await db.sql`update runners set draining_at = now() where id = ${draining.proof.runnerId}`;
    const runners = await listRunners(db.orm, OPERATOR_VIEWER);
    const states = [live, silent, draining].map(({ proof }) => runners.find(({ id }) => id === proof.runnerId));
    expect(states).toMatchObject([
      { state: "live", accounts: 1 },
      { state: "silent", accounts: 1 },
      { state: "draining", accounts: 1 },
    ]);
  });

  test("reads what a mail says, without the link that is for its receiver alone", async () => {
    const account = await signedInAccount(db, { email: "ada@example.com" });
    const mails = await listMails(db.orm, OPERATOR_VIEWER, { ...SITE, only: "unsent" });
    const mail = mails.find(({ recipient }) => recipient === "ada@example.com");
    expect(mail).toMatchObject({ kind: "account_connected", state: "waiting", tries: 0 });
    expect(mail?.subject).toContain("ada@example.com");
    expect(mail?.text).toContain("/disconnect/…");
    expect(mail?.text).not.toContain(account.accountId);
    expect(await listMails(db.orm, OPERATOR_VIEWER, { ...SITE, only: "sent" })).toEqual([]);
  });
});
