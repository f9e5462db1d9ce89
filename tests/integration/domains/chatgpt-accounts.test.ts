import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { cancelSignIn } from "@/lib/codex/cancel-sign-in";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { recordRemoved } from "@/lib/codex/container-record";
import { disconnectAccount } from "@/lib/codex/disconnect-account";
import { endSignIn } from "@/lib/codex/end-sign-in";
import { expireSignIns } from "@/lib/codex/expire-sign-ins";
import { markContainerFailed } from "@/lib/codex/mark-container-failed";
import { markContainerUp } from "@/lib/codex/mark-container-up";
import { markSignedOut } from "@/lib/codex/mark-signed-out";
import { recordIdentity } from "@/lib/codex/record-identity";
import { signInsAhead } from "@/lib/codex/running-sign-in";
import { setTurnsMax } from "@/lib/codex/set-turns-max";
import { signInWaiting } from "@/lib/codex/sign-in-waiting";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { listLanes } from "@/lib/lanes/read";
import { removeLane } from "@/lib/lanes/remove-lane";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { setCodexLanes, setCodexPlanRequired } from "@/lib/settings/codex-switch";
import { stampDatabase } from "@/lib/settings/database-mode";
import { OPERATOR, testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { leasedAccount, signedInAccount, signInAs, type LeasedAccount } from "@/tests/factories/leased-account";
import { testSealer } from "@/tests/factories/provider";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
});
afterAll(() => database.close());

const connect = (customer: TestCustomer, label = "ChatGPT", textVersion: string = CONSENT.version) =>
  withTransaction(database.orm, (tx) =>
    connectAccount(tx, { userId: customer.userId, label, textVersion, address: "192.0.2.7", actor: OPERATOR }),
  );
const begin = ({ accountId, customer }: Pick<LeasedAccount, "accountId" | "customer">, address: string | null = null) =>
  withTransaction(database.orm, (tx) => beginSignIn(tx, { accountId, userId: customer.userId, address }));
const remove = ({ laneId, customer }: LeasedAccount) =>
  withTransaction(database.orm, (tx) => removeLane(tx, { userId: customer.userId, laneId, actor: OPERATOR }));
const setState = ({ laneId, customer }: LeasedAccount, state: "ready" | "paused") =>
  withTransaction(database.orm, (tx) => setLaneState(tx, { userId: customer.userId, laneId, to: { state }, actor: OPERATOR }));

async function states(account: Pick<LeasedAccount, "accountId">) {
  const [row] = await database.sql<{ account: string; lane: string | null; reason: string | null }[]>`
    select a.state as account, l.state as lane, l.state_reason as reason
    from chatgpt_accounts a left join lanes l on l.chatgpt_account_id = a.id where a.id = ${account.accountId}`;
  return row;
}

/** How long the lane cools, counted from the failure. */
async function pauseS({ accountId }: LeasedAccount): Promise<number> {
  const [row] = await database.sql<{ seconds: number }[]>`
    select round(extract(epoch from l.state_until - (select max(created_at) from account_events where account_id = ${accountId})))::int as seconds
    from lanes l where l.chatgpt_account_id = ${accountId}`;
  return row?.seconds ?? 0;
}

async function mails(customer: TestCustomer): Promise<string[]> {
  const rows = await database.sql<{ kind: string; recipient: string }[]>`
    select o.kind, o.recipient from outbox o join chatgpt_accounts a on a.user_id = ${customer.userId}
    join lanes l on l.chatgpt_account_id = a.id and l.id = o.payload ->> 'laneId' order by o.created_at, o.id`;
  return rows.map(({ kind, recipient }) => `${kind} to ${recipient}`);
}

async function withEmail(email: string): Promise<TestCustomer> {
  const customer = await testCustomer(database.orm);
  await database.sql`update users set email = ${email} where id = ${customer.userId}`;
  return customer;
}

describe("connecting an account", () => {
  test("puts its lane after the other Codex lanes and before the paid ones, with the consent in its words", async () => {
    const customer = await testCustomer(database.orm);
    await withTransaction(database.orm, (tx) =>
      addApiKeyLane(tx, {
        userId: customer.userId,
        label: "Key",
        baseUrl: "https://api.openai.com/v1",
        secret: "sk-x",
        allow: [],
        sealer: testSealer,
        actor: OPERATOR,
      }),
    );
    const first = await connect(customer, "A");
    const second = await connect(customer, "B");
    expect([first.position, second.position]).toEqual([1, 2]);
    const list = await listLanes(database.orm, customer.viewer, { userId: customer.userId });
    expect(list.map(({ label, position }) => `${position} ${label}`)).toEqual(["1 A", "2 B", "3 Key", "4 Wallet"]);
    const consents = await database.sql`
      select text_version, address, user_id from account_consents where account_id = ${first.accountId}`;
    expect(consents).toEqual([{ text_version: CONSENT.version, address: "192.0.2.7", user_id: customer.userId }]);
  });

  test("needs the words of today, the switch on, a plan where one is asked for, and a place", async () => {
    const customer = await testCustomer(database.orm);
    const turn = (set: typeof setCodexLanes, enabled: boolean) =>
      withTransaction(database.orm, (tx) => set(tx, { enabled, actor: OPERATOR, note: "a test" }));
    await expect(connect(customer, "A", "2020-01-01")).rejects.toMatchObject({ code: "conflict", param: "textVersion" });
    await turn(setCodexLanes, false);
    await expect(connect(customer)).rejects.toMatchObject({ code: "paused" });
    await turn(setCodexLanes, true);
    await turn(setCodexPlanRequired, true);
    await expect(connect(customer)).rejects.toMatchObject({ code: "forbidden" });
    await turn(setCodexPlanRequired, false);
    for (let count = 0; count < 6; count += 1) await connect(customer);
    await expect(connect(customer)).rejects.toMatchObject({ code: "conflict" });
    const audit = await database.sql`select before, after, note from audit_log where subject = 'codex_lanes' order by created_at`;
    expect(audit[1]).toEqual({ before: { enabled: false }, after: { enabled: true }, note: "a test" });
  });
});

describe("the database refuses, whatever the code above does,", () => {
  let own: LeasedAccount;
  let other: TestCustomer;
  beforeAll(async () => {
    own = await leasedAccount(database);
    other = await testCustomer(database.orm);
  });

  test("a lane, a sign-in or a consent on somebody else's account", async () => {
    const { sql } = database;
    await expect(
      sql`insert into lanes (id, user_id, kind, position, label, chatgpt_account_id) values ('lane_x', ${other.userId}, 'codex', 9, 'x', ${own.accountId})`,
    ).rejects.toThrow(/lanes_one_per_account|lanes_account_owner/);
    const { accountId } = await leasedAccount(database);
    await sql`delete from lanes where chatgpt_account_id = ${accountId}`;
    await expect(
      sql`insert into lanes (id, user_id, kind, position, label, chatgpt_account_id) values ('lane_x', ${other.userId}, 'codex', 9, 'x', ${accountId})`,
    ).rejects.toThrow(/lanes_account_owner/);
    await expect(sql`insert into sign_ins (id, account_id, user_id) values ('sin_x', ${own.accountId}, ${other.userId})`).rejects.toThrow(
      /sign_ins_owner/,
    );
    await expect(
      sql`insert into account_consents (id, account_id, user_id, text_version) values ('consent_x', ${own.accountId}, ${other.userId}, '1')`,
    ).rejects.toThrow(/account_consents_owner/);
  });

  test("a second lane on an account, and a lane that changes its account", async () => {
    const { sql } = database;
    const { accountId, laneId, customer } = own;
    await expect(
      sql`insert into lanes (id, user_id, kind, position, label, chatgpt_account_id) values ('lane_y', ${customer.userId}, 'codex', 9, 'x', ${accountId})`,
    ).rejects.toThrow(/lanes_one_per_account/);
    const second = await leasedAccount(database, { customer });
    await sql`delete from lanes where id = ${second.laneId}`;
    await expect(sql`update lanes set chatgpt_account_id = ${second.accountId} where id = ${laneId}`).rejects.toThrow(/keeps its owner/);
  });

  test.each([
    ["another owner", "user_id = 'usr_other'", /one owner/],
    ["a fence that moves without its lease", "fence = fence + 1", /moves with its lease/],
    ["a lease taken from a live runner", "lease_runner_id = 'run_thief', fence = fence + 1", /is leased until/],
    [
      "a new lease under the old fence",
      "lease_runner_id = 'run_thief', lease_expires_at = now() + interval '1 minute'",
      /is leased until|needs fence/,
    ],
    ["another host while there may be a home", "host = 'elsewhere'", /has its home on/],
    ["signed in as nobody", "state = 'signed_in', identity_hash = null", /chatgpt_accounts_signed_in_known/],
  ])("%s", async (_name, change, message) => {
    const { sql } = database;
    await sql`insert into runners (id, host, address, driver, isolation) values ('run_thief', 'host-b', 'http://thief', 'process', '{}')
      on conflict do nothing`;
    await sql`update chatgpt_accounts set container_state = 'running' where id = ${own.accountId}`;
    await expect(sql.unsafe(`update chatgpt_accounts set ${change} where id = '${own.accountId}'`)).rejects.toThrow(message);
  });

  test("another identity while there may be a home with the former one's sign-in", async () => {
    const { sql } = database;
    const { accountId } = await signedInAccount(database);
    await sql`update chatgpt_accounts set container_state = 'stopped' where id = ${accountId}`;
    await expect(sql`update chatgpt_accounts set identity_hash = 'x' where id = ${accountId}`).rejects.toThrow(/home of another identity/);
    await expect(sql`update chatgpt_accounts set state = 'new', identity_hash = null where id = ${accountId}`).rejects.toThrow(
      /home of another identity/,
    );
    await sql`update chatgpt_accounts set state = 'new', identity_hash = null, container_state = 'none' where id = ${accountId}`;
  });

  test("a removed account with a container or a lease", async () => {
    const { sql } = database;
    const account = await leasedAccount(database);
    await remove(account);
    const end = (and: string) =>
      sql.unsafe(`update chatgpt_accounts set state = 'removed', removed_at = now(), email = null${and} where id = '${account.accountId}'`);
    await expect(end("")).rejects.toThrow(/chatgpt_accounts_removed_has_no_home/);
    await expect(end(", lease_runner_id = null, lease_expires_at = null, container_state = 'stopped'")).rejects.toThrow(
      /chatgpt_accounts_removed_has_no_home/,
    );
    await end(", lease_runner_id = null, lease_expires_at = null");
  });

  test("a key that changes its owner", async () => {
    const { keyId } = own.customer;
    await expect(database.sql`update api_keys set user_id = ${other.userId} where id = ${keyId}`).rejects.toThrow(/has one owner/);
    await database.sql`update api_keys set name = 'Renamed' where id = ${keyId}`;
  });

  test("an account that is deleted, or comes back from removal", async () => {
    const { sql } = database;
    const gone = await leasedAccount(database);
    await expect(sql`delete from chatgpt_accounts where id = ${gone.accountId}`).rejects.toThrow(/is kept/);
    await remove(gone);
    await recordRemoved(sql, gone.proof);
    await expect(sql`update chatgpt_accounts set state = 'new', removed_at = null where id = ${gone.accountId}`).rejects.toThrow(
      /is removed/,
    );
  });
});

describe("a sign-in", () => {
  test("from code to account: lane ready, code forgotten, owner and address told", async () => {
    const customer = await withEmail("owner@example.com");
    const account = await leasedAccount(database, { customer });
    const { signInId } = await begin(account);
    expect(await states(account)).toMatchObject({ account: "signing_in", lane: "signing_in" });
    const code = {
      signInId,
      userCode: "AB12-CD34",
      verificationUrl: "https://auth.example/codex/device",
      expiresAt: new Date(Date.now() + 900_000),
    };
    expect(await signInWaiting(database.sql, code)).toBe(true);
    const identity = { identityHash: "hash-one", email: "someone@chatgpt.example", planType: "plus" };
    expect(await recordIdentity(database.sql, { ...account.proof, ...identity })).toBe("ok");
    expect(await endSignIn(database.sql, { signInId, state: "succeeded", message: null })).toBe(true);
    expect(await states(account)).toMatchObject({ account: "signed_in", lane: "ready", reason: null });
    expect(await database.sql`select user_code, state from sign_ins where id = ${signInId}`).toEqual([
      { user_code: null, state: "succeeded" },
    ]);
    expect(await mails(customer)).toEqual(["account_connected to owner@example.com", "account_connected to someone@chatgpt.example"]);
    // Every start of the container says it again, and nobody is told again.
    expect(await recordIdentity(database.sql, { ...account.proof, ...identity })).toBe("ok");
    expect(await mails(customer)).toHaveLength(2);
  });

  test("runs once per account, and not without end per person and address", async () => {
    const account = await leasedAccount(database);
    await begin(account);
    await expect(begin(account)).rejects.toMatchObject({ code: "conflict" });
    const other = await leasedAccount(database);
    for (let round = 0; round < 12; round += 1) {
      const { signInId } = await begin(other, "198.51.100.9");
      await endSignIn(database.sql, { signInId, state: "expired", message: null });
    }
    await expect(begin(other, "198.51.100.10")).rejects.toMatchObject({ code: "rate_limited" });
    await expect(begin(await leasedAccount(database), "198.51.100.9")).rejects.toMatchObject({ code: "rate_limited" });
  });

  test("of one network runs four times at most, also at the same instant, and not in the way of others", async () => {
    const accounts = await Promise.all(Array.from({ length: 6 }, () => leasedAccount(database)));
    const tries = await Promise.allSettled(accounts.map((account, at) => begin(account, `2001:db8:0:7::${at + 1}`)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    expect(tries.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "rate_limited" } });
    await begin(await leasedAccount(database), "2001:db8:0:8::1");
    // Whoever comes with such an address stands behind a proxy of the operator's, like everybody else.
    for (const account of await Promise.all(Array.from({ length: 5 }, () => leasedAccount(database)))) await begin(account, "10.0.0.1");
  });

  test("waits for those that were asked for before it, or have their code, on its host alone", async () => {
    const { sql } = database;
    const accounts = await Promise.all(Array.from({ length: 4 }, () => leasedAccount(database)));
    await sql`update chatgpt_accounts set host = 'sign-in-host' where id in ${sql(accounts.map(({ accountId }) => accountId))}`;
    const ids: string[] = [];
    for (const account of accounts) ids.push((await begin(account)).signInId);
    const ahead = () => Promise.all(ids.map((signInId) => signInsAhead(sql, { host: "sign-in-host", signInId })));
    expect(await ahead()).toEqual([0, 1, 2, 3]);
    const code = { userCode: "AB12-CD34", verificationUrl: "https://auth.example", expiresAt: new Date(Date.now() + 900_000) };
    await signInWaiting(sql, { signInId: ids[3]!, ...code });
    expect(await ahead()).toEqual([1, 2, 3, 3]);
    await endSignIn(sql, { signInId: ids[0]!, state: "expired", message: null });
    expect(await ahead()).toEqual([1, 1, 2, 2]);
    expect(await signInsAhead(sql, { host: "elsewhere", signInId: ids[3]! })).toBe(0);
  });

  test("is nobody else's to begin or cancel", async () => {
    const account = await leasedAccount(database);
    const other = await testCustomer(database.orm);
    await expect(begin({ ...account, customer: other })).rejects.toMatchObject({ code: "not_found" });
    const { signInId } = await begin(account);
    const cancel = withTransaction(database.orm, (tx) => cancelSignIn(tx, { signInId, userId: other.userId }));
    await expect(cancel).rejects.toMatchObject({ code: "not_found" });
  });

  test("that was cancelled takes no code, and an approval that comes too late signs nobody in", async () => {
    const account = await leasedAccount(database);
    const { signInId } = await begin(account);
    await withTransaction(database.orm, (tx) => cancelSignIn(tx, { signInId, userId: account.customer.userId }));
    expect(await states(account)).toMatchObject({ account: "new", lane: "signed_out" });
    const code = { signInId, userCode: "AB12-CD34", verificationUrl: "https://auth.example", expiresAt: new Date() };
    expect(await signInWaiting(database.sql, code)).toBe(false);
    const identity = { identityHash: "hash-late", email: "late@example.com", planType: null };
    expect(await recordIdentity(database.sql, { ...account.proof, ...identity })).toBe("mismatch");
    expect(await states(account)).toMatchObject({ account: "new", lane: "signed_out" });
    expect(await endSignIn(database.sql, { signInId, state: "succeeded", message: null })).toBe(false);
  });

  test("of a ChatGPT account that another customer has connected is taken, also at the same instant, and free after its removal", async () => {
    const [first, second] = [await leasedAccount(database), await leasedAccount(database)];
    const email = "shared@example.com";
    const answers = await Promise.all([signInAs(database, first, email), signInAs(database.connect(), second, email)]);
    expect(answers.toSorted()).toEqual(["ok", "taken"]);
    const [winner, loser] = answers[0] === "ok" ? [first, second] : [second, first];
    expect(await states(loser)).toMatchObject({ account: "new", lane: "signed_out", reason: "sign-in refused" });
    await remove(winner);
    expect(await states(winner)).toMatchObject({ account: "removing", lane: null });
    expect(await signInAs(database, loser, email)).toBe("taken");
    expect(await recordRemoved(database.sql, winner.proof)).toBe(true);
    expect(await signInAs(database, loser, email)).toBe("ok");
  });

  test("of a ChatGPT account that somebody else has connected is told at its address, once a day, and never to its owner's own second try", async () => {
    const email = "wanted@example.com";
    const told = async () =>
      (await database.sql`select 1 from outbox where kind = 'account_wanted' and lower(recipient) = ${email}`).length;
    const { customer } = await signedInAccount(database, { email });
    expect(await signInAs(database, await leasedAccount(database, { customer }), email)).toBe("taken");
    expect(await told()).toBe(0);
    for (let round = 0; round < 2; round += 1) expect(await signInAs(database, await leasedAccount(database), email)).toBe("taken");
    expect(await told()).toBe(1);
    await database.sql`update outbox set created_at = now() - interval '25 hours' where kind = 'account_wanted'`;
    expect(await signInAs(database, await leasedAccount(database), email.toUpperCase())).toBe("taken");
    expect(await told()).toBe(2);
  });

  test("into the same lane again must be by the same ChatGPT account", async () => {
    const account = await signedInAccount(database, { email: "mine@example.com" });
    await markSignedOut(database.sql, { ...account.proof, reason: "by_owner", message: "You signed out." });
    expect(await signInAs(database, account, "other@example.com")).toBe("mismatch");
    expect(await states(account)).toMatchObject({ account: "signed_out", lane: "signed_out" });
    expect(await signInAs(database, account, "mine@example.com")).toBe("ok");
  });

  test("that no runner ended is ended, and the owner can try again", async () => {
    const account = await leasedAccount(database);
    const { signInId } = await begin(account);
    await database.sql`update sign_ins set created_at = now() - interval '1 hour' where id = ${signInId}`;
    expect(await expireSignIns(database.sql)).toBeGreaterThan(0);
    expect(await database.sql`select state from sign_ins where id = ${signInId}`).toEqual([{ state: "failed" }]);
    expect(await states(account)).toMatchObject({ account: "new", lane: "signed_out" });
    await begin(account);
  });
});

describe("a runner that has lost its lease", () => {
  test("writes nothing", async () => {
    const account = await signedInAccount(database);
    const stale = { ...account.proof, fence: account.proof.fence - 1 };
    const before = await states(account);
    const { sql } = database;
    expect(await recordIdentity(sql, { ...stale, identityHash: "x", email: "x@example.com", planType: null })).toBe("fenced");
    expect(await markSignedOut(sql, { ...stale, reason: "by_openai", message: "x" })).toBe(false);
    expect(await markContainerFailed(sql, { ...stale, reason: "oom", message: "x" })).toBe(false);
    expect(await markContainerUp(sql, stale)).toBe(false);
    expect(await states(account)).toEqual(before);
  });
});

describe("an account that is signed in", () => {
  test("and is signed out by OpenAI closes its lane and mails its owner once", async () => {
    const customer = await withEmail("told@example.com");
    const account = await signedInAccount(database, { customer });
    for (let round = 0; round < 2; round += 1) {
      await markSignedOut(database.sql, { ...account.proof, reason: "by_openai", message: "The refresh token was revoked." });
    }
    expect(await states(account)).toMatchObject({
      account: "signed_out",
      lane: "signed_out",
      reason: expect.stringMatching(/^by_openai: /) as string,
    });
    expect((await mails(customer)).filter((mail) => mail.startsWith("signed_out"))).toEqual(["signed_out_by_openai to told@example.com"]);
  });

  test("answers nothing any more once the owner of its address has disconnected it", async () => {
    const account = await signedInAccount(database);
    const disconnect = () =>
      withTransaction(database.orm, (tx) =>
        disconnectAccount(tx, { accountId: account.accountId, actor: { kind: "system", process: "web" } }),
      );
    expect(await disconnect()).toEqual({ userId: account.customer.userId });
    expect(await states(account)).toMatchObject({ account: "signed_out", lane: "signed_out" });
    expect(await disconnect()).toEqual({ userId: account.customer.userId });
    // What its home still holds is not wanted, so the next start wipes it.
    const [row] = await database.sql<{ hash: string }[]>`
      select identity_hash as hash from chatgpt_accounts where id = ${account.accountId}`;
    const identity = { identityHash: row?.hash ?? "", email: "x@example.com", planType: null };
    expect(await recordIdentity(database.sql, { ...account.proof, ...identity })).toBe("mismatch");
  });

  test("and fails to start is passed over for longer and longer, told once a day, and back as soon as it is up", async () => {
    const customer = await withEmail("slow@example.com");
    const account = await signedInAccount(database, { customer });
    const pauses: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      await markContainerFailed(database.sql, { ...account.proof, reason: "start_timeout", message: "It did not answer in time." });
      const reason = "container_failed: It did not answer in time.";
      expect(await states(account)).toMatchObject({ account: "signed_in", lane: "cooling", reason });
      pauses.push(await pauseS(account));
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900]);
    expect((await mails(customer)).filter((mail) => mail.startsWith("container"))).toEqual(["container_failed to slow@example.com"]);
    await markContainerUp(database.sql, account.proof);
    expect(await states(account)).toMatchObject({ lane: "ready", reason: null });
    await markContainerFailed(database.sql, { ...account.proof, reason: "start_timeout", message: "Again." });
    expect(await pauseS(account)).toBe(15);
  });

  test("keeps its owner's pause whatever happens, and is what it is when the pause ends", async () => {
    const account = await signedInAccount(database);
    await setState(account, "paused");
    await markContainerFailed(database.sql, { ...account.proof, reason: "oom", message: "Out of memory." });
    expect(await states(account)).toMatchObject({ lane: "paused" });
    await markSignedOut(database.sql, { ...account.proof, reason: "by_openai", message: "Revoked." });
    expect(await states(account)).toMatchObject({ account: "signed_out", lane: "paused" });
    await setState(account, "ready");
    expect(await states(account)).toMatchObject({ lane: "signed_out", reason: "by_openai: Revoked." });
  });

  test("takes one to four turns at one time, as its owner says", async () => {
    const { accountId, customer } = await signedInAccount(database);
    const set = (turnsMax: number, userId = customer.userId) =>
      withTransaction(database.orm, (tx) => setTurnsMax(tx, { accountId, userId, turnsMax, actor: OPERATOR }));
    await set(4);
    expect(await database.sql`select turns_max from chatgpt_accounts where id = ${accountId}`).toEqual([{ turns_max: 4 }]);
    await expect(set(5)).rejects.toMatchObject({ param: "turnsMax" });
    await expect(set(2, "usr_other")).rejects.toMatchObject({ code: "not_found" });
  });
});

test("an account that no runner ever had is gone with its lane; its consent stays", async () => {
  const customer = await testCustomer(database.orm);
  const { accountId, laneId } = await connect(customer);
  const { accountId: told } = await withTransaction(database.orm, (tx) =>
    removeLane(tx, { userId: customer.userId, laneId, actor: OPERATOR }),
  );
  expect(told).toBe(accountId);
  expect(await states({ accountId })).toMatchObject({ account: "removed", lane: null });
  expect(await database.sql`select count(*)::int from account_consents where account_id = ${accountId}`).toEqual([{ count: 1 }]);
});
