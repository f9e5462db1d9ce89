import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { areCodexLanesOn, isCodexPlanRequired } from "@/lib/settings/codex-switch";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { signedInAccount, type LeasedAccount } from "@/tests/factories/leased-account";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
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

test("an account runs another version before the others, if this release knows its digest", async () => {
  const refused = await runAdmin(env, ["codex", "canary", "--account", account.accountId, "--codex-version", "9.9.9"]);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("knows the digest") as string });
  expect(await json("codex", "canary", "--account", account.accountId)).toEqual({ accountId: account.accountId, version: null });
});
