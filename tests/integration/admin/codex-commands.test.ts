import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { forgetHome } from "@/lib/codex/forget-home";
import { takeLease } from "@/lib/codex/leases";
import { beatRunner } from "@/lib/codex/runners";
import { removeLane } from "@/lib/lanes/remove-lane";
import { areCodexLanesOn, isCodexPlanRequired } from "@/lib/settings/codex-switch";
import { stampDatabase } from "@/lib/settings/database-mode";
import { OPERATOR } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { signedInAccount, type LeasedAccount } from "@/tests/factories/leased-account";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import { runOutLeases, testRunner } from "@/tests/factories/runner";
import { runAdmin } from "@/tests/integration/admin/run-admin";

let database: TestDatabase;
let account: LeasedAccount;
let dataDir: string;
let env: Record<string, string>;
beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
  account = await signedInAccount(database, { email: "plan@example.com" });
  dataDir = mkdtempSync(path.join(tmpdir(), "switchyard-test-"));
  env = { DATABASE_URL: database.url, SWITCHYARD_DATA_DIR: dataDir, SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY };
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await database.close();
});

async function json(...args: string[]): Promise<unknown> {
  const run = await runAdmin(env, [...args, "--json"]);
  expect(run).toMatchObject({ exitCode: 0, stderr: "" });
  return JSON.parse(run.stdout);
}

test("the master switch goes off and on with a note, and never without one", async () => {
  expect(await runAdmin(env, ["codex", "off"])).toMatchObject({ exitCode: 1, stdout: "" });
  expect(await json("codex", "off", "--note", "OpenAI is away")).toEqual({ lanesOn: false });
  expect(await areCodexLanesOn(database.orm)).toBe(false);
  expect(await json("codex", "on", "--note", "it is back")).toEqual({ lanesOn: true });
  expect(await areCodexLanesOn(database.sql)).toBe(true);
  await json("codex", "require-plan", "--note", "plans are sold");
  expect(await isCodexPlanRequired(database.sql)).toBe(true);
  await json("codex", "require-plan", "--off", "--note", "not yet");
  expect(await isCodexPlanRequired(database.sql)).toBe(false);
});

test("accounts, lanes and runners are shown, and a lane is paused and used again", async () => {
  const { username } = account.customer;
  await beatRunner(database.sql, account.proof.runnerId);
  expect(await json("codex", "status")).toMatchObject({
    lanesOn: true,
    accounts: [{ id: account.accountId, owner: { username }, state: "signed_in", lane: { state: "ready" } }],
    runners: [{ id: account.proof.runnerId, state: "live", accounts: 1 }],
  });
  expect(await json("runner", "list")).toMatchObject([{ id: account.proof.runnerId, driver: "bubblewrap" }]);
  const lane = ["--username", username, "--lane", account.laneId];
  expect(await json("lane", "pause", ...lane)).toMatchObject([{ kind: "codex", state: "paused" }, { kind: "wallet" }]);
  expect(await json("lane", "resume", ...lane)).toMatchObject([
    { kind: "codex", state: "ready", account: { email: "plan@example.com" } },
    {},
  ]);
});

test("a home is forgotten once its machine is lost: the account is signed out, or removed if it was to be", async () => {
  const { sql } = database;
  const kept = await signedInAccount(database);
  const removed = await signedInAccount(database, { email: "gone@example.com" });
  const host = "lost-host";
  for (const { accountId, proof } of [kept, removed]) {
    await sql`update runners set host = ${host} where id = ${proof.runnerId}`;
    await sql`update chatgpt_accounts set host = ${host} where id = ${accountId}`;
    await sql`update chatgpt_accounts set container_state = 'running', container = '{}' where id = ${accountId}`;
  }
  const { userId } = removed.customer;
  await withTransaction(database.orm, (tx) => removeLane(tx, { userId, laneId: removed.laneId, actor: OPERATOR }));
  const forget = ({ accountId }: LeasedAccount) => ["codex", "forget-home", "--account", accountId, "--note", "its disk is dead"];

  await runOutLeases(sql, kept.proof.runnerId);
  await runOutLeases(sql, removed.proof.runnerId);
  expect(await runAdmin(env, forget(kept))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not lost") as string });
  await sql`update runners set heartbeat_at = now() - interval '3 minutes' where host = ${host}`;
  await sql`update chatgpt_accounts set lease_expires_at = now() + interval '1 minute' where id = ${kept.accountId}`;
  const again = (accountId: string) => withTransaction(database.orm, (tx) => forgetHome(tx, { accountId, note: "x", actor: OPERATOR }));
  await expect(again(kept.accountId)).rejects.toMatchObject({ code: "conflict" });
  await runOutLeases(sql, kept.proof.runnerId);

  expect(await json(...forget(kept))).toEqual({ accountId: kept.accountId, host, state: "signed_out" });
  expect((await runAdmin(env, forget(removed))).stdout).toMatch(/taken for gone, with the sign-in in it. The account is removed/);
  expect(
    await sql`
      select a.state, host, container_state, container, identity_hash is null as free, l.state as lane
      from chatgpt_accounts a left join lanes l on l.chatgpt_account_id = a.id where a.id in ${sql([kept.accountId, removed.accountId])}
      order by a.state`,
  ).toEqual([
    { state: "removed", host: null, container_state: "none", container: null, free: true, lane: null },
    { state: "signed_out", host: null, container_state: "none", container: null, free: false, lane: "signed_out" },
  ]);
  expect(await sql`select note from audit_log where action = 'chatgpt_account.forget_home'`).toEqual([
    { note: "its disk is dead" },
    { note: "its disk is dead" },
  ]);
  // Wherever a runner is: the account has no machine any more.
  const { id: runnerId } = await testRunner(sql, { host: "other-host" });
  expect(await takeLease(sql, { accountId: kept.accountId, runnerId, host: "other-host", ttlS: 30 })).toMatchObject({ kind: "taken" });
  await expect(again(removed.accountId)).rejects.toMatchObject({ code: "not_found" });
});

test("an account runs another version before the others, if this release knows its digest", async () => {
  const refused = await runAdmin(env, ["codex", "canary", "--account", account.accountId, "--codex-version", "9.9.9"]);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("knows the digest") as string });
  expect(await json("codex", "canary", "--account", account.accountId)).toEqual({ accountId: account.accountId, version: null });
});
