import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { loadConfig } from "@/lib/config/load-config";
import { verifyPassword } from "@/lib/crypto/password";
import { stampDatabase } from "@/lib/settings/database-mode";
import { findUser } from "@/lib/users/find-user";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider, TEST_MASTER_KEY } from "@/tests/factories/provider";
import { chargeTestRequest } from "@/tests/factories/request";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { runAdmin } from "@/tests/integration/admin/run-admin";
import { freePort } from "@/workers/shared/free-port";
import { writeRunningSettings } from "@/workers/shared/running-settings";
import { startOpenaiSimulator, type OpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

let database: TestDatabase;
let simulator: OpenaiSimulator;
let dataDir: string;
let env: Record<string, string>;
/** Where the simulator may be a provider. */
let simulation: TestDatabase;
let simulationEnv: Record<string, string>;
beforeAll(async () => {
  [database, simulation, simulator] = await Promise.all([testDatabase(), testDatabase(), startOpenaiSimulator()]);
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "live"));
  await withTransaction(simulation.orm, (tx) => stampDatabase(tx, "simulated"));
  dataDir = mkdtempSync(path.join(tmpdir(), "switchyard-test-"));
  env = {
    DATABASE_URL: database.url,
    SWITCHYARD_DATA_DIR: dataDir,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    UPSTREAM_ALLOW: new URL(simulator.url).host,
  };
  simulationEnv = { ...env, DATABASE_URL: simulation.url };
});
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await simulator.close();
  await simulation.close();
  await database.close();
});

async function json<T = Record<string, unknown>>(args: string[], stdin = "", on = env): Promise<T> {
  const run = await runAdmin(on, [...args, "--json"], stdin);
  expect(run.stderr).toBe("");
  expect(run.exitCode).toBe(0);
  return JSON.parse(run.stdout) as T;
}

async function refusal(args: string[], stdin = "", on = env): Promise<string> {
  const run = await runAdmin(on, args, stdin);
  expect(run).toMatchObject({ exitCode: 1, stdout: "" });
  expect(run.stderr).not.toMatch(/\n\s+at /);
  return run.stderr.trim();
}

test("a customer is made with credit, tells its secrets once, and is shown", async () => {
  const create = ["customer", "create", "--username", "alice", "--credit-usd", "10"];
  const made = await json<Record<"userId" | "username" | "password" | "apiKey", string>>(create);
  expect(made).toMatchObject({ username: "alice", created: true });
  expect(made.apiKey).toMatch(/^sk-sy-/);
  const user = await findUser(database.orm, "alice");
  expect(await verifyPassword(user?.passwordHash ?? null, made.password)).toBe(true);

  const again = await runAdmin(env, [...create, "--json"]);
  expect(JSON.parse(again.stdout)).toEqual({ userId: made.userId, username: "alice", password: null, apiKey: null, created: false });
  expect(again.stderr).toMatch(/^Nothing was credited: .* credit --username alice --amount-usd 10\.000000 /);
  expect(await json(["customer", "show", "--username", "alice"])).toMatchObject({
    user: { id: made.userId, username: "alice" },
    wallet: { availableUsd: "10.000000", heldUsd: "0.000000" },
    keys: [{ prefix: made.apiKey.slice(0, 10), lastFour: made.apiKey.slice(-4), status: "active" }],
    lanes: [{ kind: "wallet", label: "Wallet" }],
  });
});

test("a password comes from a file that nobody else can read, and from no other", async () => {
  const file = path.join(temporaryFolder(), "password");
  writeFileSync(file, "correct horse battery staple\n", { mode: 0o644 });
  const create = ["customer", "create", "--username", "bob", "--password-file", file];
  expect(await refusal(create)).toMatch(/chmod 600/);
  chmodSync(file, 0o600);
  expect(await json(create)).toMatchObject({ password: "correct horse battery staple", created: true });
  const user = await findUser(database.orm, "bob");
  expect(await verifyPassword(user?.passwordHash ?? null, "correct horse battery staple")).toBe(true);
});

test("credit is given, taken and repeated harmlessly, and never taken beyond what is there", async () => {
  await json(["customer", "create", "--username", "carol"]);
  const credit = (...more: string[]) => ["credit", "--username", "carol", "--note", "G2G order", ...more];
  expect(await json(credit("--amount-usd", "5", "--idempotency-key", "order-1"))).toMatchObject({ applied: true, amountUsd: "5.000000" });
  expect(await json(credit("--amount-usd", "5", "--idempotency-key", "order-1"))).toMatchObject({ applied: false });
  expect(await json(credit("--amount-usd", "-1.5"))).toMatchObject({ wallet: { availableUsd: "3.500000" } });
  expect(await refusal(credit("--amount-usd", "-4"))).toBe("Only $3.50 is available: $4.00 cannot be taken.");
  expect(await refusal(credit("--amount-usd", "1.0000001"))).toMatch(/at most six decimals/);
  expect(await refusal(credit("--amount-usd", "0"))).toBe("The amount must not be 0.");
  expect(await refusal(credit("--amount-usd", "9".repeat(20)))).toMatch(/above the largest amount, 1,000,000,000 USD/);
});

test("keys are issued, limited, revealed with a reason, and revoked", async () => {
  await json(["customer", "create", "--username", "dora"]);
  const named = ["--username", "dora", "--key", "ci"];
  const issued = await json<{ id: string; apiKey: string }>([
    "key",
    "issue",
    "--username",
    "dora",
    "--name",
    "ci",
    "--budget-day-usd",
    "2",
  ]);
  const unsold = await runAdmin(env, ["key", "limits", ...named, "--models", "no-such-model"]);
  expect(unsold).toMatchObject({ exitCode: 0, stderr: "no-such-model is not in the price book: the wallet does not sell it.\n" });
  expect(await refusal(["key", "limits", ...named, "--concurrency-max", "0"])).toBe("--concurrency-max must be at least 1.");
  expect(await json(["key", "limits", ...named, "--models", "none", "--concurrency-max", "3", "--expires-at", "2099-01-01"])).toMatchObject(
    {
      id: issued.id,
      models: null,
      concurrencyMax: 3,
      expiresAt: "2099-01-01T00:00:00.000Z",
      day: { budgetUsd: "2.000000" },
    },
  );
  expect(await refusal(["key", "reveal", ...named])).toMatch(/--note/);
  expect(await json(["key", "reveal", ...named, "--note", "lost"])).toEqual({ id: issued.id, apiKey: issued.apiKey });
  expect(await json(["key", "revoke", ...named])).toMatchObject({ changed: true });
  expect(await json(["key", "revoke", ...named])).toMatchObject({ changed: false });
  expect(await json(["key", "list", "--username", "dora"])).toMatchObject([{ id: issued.id, status: "revoked" }, { status: "active" }]);
  expect(await refusal(["key", "revoke", "--username", "dora", "--key", "nothing"])).toBe("dora has no key nothing.");
});

test("the reveal key is a file that only its owner can read, and without it nothing is revealed", async () => {
  await json(["customer", "create", "--username", "rita"]);
  const elsewhere = path.join(temporaryFolder(), "reveal.key");
  const reveal = ["key", "reveal", "--username", "rita", "--key", "First key", "--note", "test", "--reveal-key-file", elsewhere];
  expect(await refusal(reveal)).toMatch(/The reveal key is not on this machine/);
});

test("a provider's key comes from stdin; it is probed for real, selected, and its key is shown nowhere", async () => {
  await testPrice(simulation.orm, "gpt-5.5");
  const add = ["provider", "add", "--name", "Sim", "--base-url", `${simulator.url}/v1`, "--key-stdin"];
  expect(await refusal(add, "", simulationEnv)).toMatch(/is expected on stdin/);
  await json(add, "sk-from-stdin\n", simulationEnv);
  expect(await refusal(add, "sk-from-stdin", simulationEnv)).toBe("There is a provider named Sim already.");
  expect(await refusal(["provider", "select", "--name", "sim"], "", simulationEnv)).toMatch(/has not been probed/);
  expect(await json(["provider", "probe", "--name", "sim"], "", simulationEnv)).toMatchObject({ passed: true });
  expect(await json(["provider", "select", "--name", "sim"], "", simulationEnv)).toMatchObject({ changed: true });
  const list = await runAdmin(simulationEnv, ["provider", "list", "--json"]);
  expect(JSON.parse(list.stdout)).toMatchObject([{ name: "Sim", selected: true, probeState: "passed" }]);
  expect(list.stdout).not.toContain("sk-from-stdin");
  expect(await refusal(["provider", "add", "--name", "Inside", "--base-url", "http://10.1.2.3/v1"], "sk-x")).toMatch(/UPSTREAM_ALLOW/);
});

test("on a live database the simulator does not pass its probe", async () => {
  await json(["provider", "add", "--name", "Sim", "--base-url", `${simulator.url}/v1`], "sk-any");
  const run = await runAdmin(env, ["provider", "probe", "--name", "Sim", "--model", "gpt-5.5"]);
  expect(run).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("a simulator made it") as string });
});

test("a probe that fails says what the provider said and ends with 1", async () => {
  await json(["provider", "add", "--name", "Bad", "--base-url", `${simulator.url}/v1`], "sk-bad-key", simulationEnv);
  const run = await runAdmin(simulationEnv, ["provider", "probe", "--name", "Bad"]);
  expect(run).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^Bad failed: HTTP 401 /) as string });
});

test("a new price needs its cost; a change keeps what is not named", async () => {
  const sell = ["--input-usd", "1", "--cached-input-usd", "0.1", "--output-usd", "8"];
  const cost = ["--cost-input-usd", "0.9", "--cost-cached-input-usd", "0.09", "--cost-output-usd", "7"];
  expect(await refusal(["price", "set", "--model", "my-model", ...sell])).toMatch(/--cost-input-usd/);
  expect(await json(["price", "set", "--model", "my-model", ...sell, ...cost])).toMatchObject({
    version: 1,
    sell: { cacheWriteUsd: "1.000000", webSearchCallUsd: null },
  });
  expect(await json(["price", "set", "--model", "my-model", "--output-usd", "9"])).toMatchObject({
    changed: true,
    version: 2,
    sell: { inputUsd: "1.000000", outputUsd: "9.000000" },
    cost: { outputUsd: "7.000000" },
  });
  expect(await json(["price", "retire", "--model", "my-model"])).toMatchObject({ changed: true });
  expect(await json<{ model: string }[]>(["price", "list"])).not.toContainEqual(expect.objectContaining({ model: "my-model" }));
});

test("lanes are added, moved, paused and removed", async () => {
  await json(["customer", "create", "--username", "erin"]);
  const user = ["--username", "erin"];
  const lanes = await json<{ id: string }[]>(
    ["lane", "add", ...user, "--label", "Own key", "--base-url", "https://api.openai.com/v1"],
    "sk-erin",
  );
  const own = ["--lane", lanes[0]?.id ?? ""];
  expect(lanes).toMatchObject([{ label: "Own key" }, { label: "Wallet" }]);
  expect(await json(["lane", "move", ...user, ...own, "--position", "2"])).toMatchObject([{ label: "Wallet" }, { label: "Own key" }]);
  expect(await json(["lane", "move", ...user, ...own, "--position", "1"])).toMatchObject([{ label: "Own key" }, { label: "Wallet" }]);
  expect(await json(["lane", "pause", ...user, ...own])).toMatchObject([{ state: "paused" }, { state: "ready" }]);
  expect(await json(["lane", "resume", ...user, ...own])).toMatchObject([{ state: "ready" }, { state: "ready" }]);
  expect(await json(["lane", "remove", ...user, ...own])).toMatchObject([{ label: "Wallet", position: 1 }]);
  expect(await refusal(["lane", "remove", ...user, "--lane", lanes[1]?.id ?? ""])).toMatch(/The wallet lane stays.*Pause it instead/);
});

test("the request log is listed with lane, tokens and cost, and the ledger agrees with it", async () => {
  const made = await json<{ userId: string }>(["customer", "create", "--username", "frank", "--credit-usd", "1"]);
  const { keys, lanes } = await json<{ keys: { id: string }[]; lanes: { id: string }[] }>(["customer", "show", "--username", "frank"]);
  const customer = { userId: made.userId, keyId: keys[0]?.id ?? "", walletLaneId: lanes[0]?.id ?? "" };
  const trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
  await chargeTestRequest(database, { ...trade, customer, amount: 1000n, cost: 321n });
  expect(await json(["request", "list", "--username", "frank", "--limit", "5"])).toMatchObject([
    { model: "gpt-5.5", lane: { label: "Wallet" }, tokens: { output: 50 }, costUsd: "0.000321", outcome: "completed" },
  ]);
  const { stdout } = await runAdmin(env, ["request", "list"]);
  expect(stdout).toMatch(/^started \(UTC\) +user +model .* request$/m);
  expect(stdout).toMatch(/^\d\d-\d\d [\d:]{8} +frank +gpt-5\.5 +Wallet +completed .* req_\w+$/m);
  expect(await json(["ledger", "verify"])).toMatchObject({ ok: true });
});

test("a difference in the ledger ends with 1 and names it", async () => {
  await database.sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`update wallets set available = available + 1 where user_id = (select id from users where username = 'alice')`;
  });
  const run = await runAdmin(env, ["ledger", "verify"]);
  expect(run.exitCode).toBe(1);
  expect(run.stdout).toMatch(/FAIL {2}what is available is the sum of its entries\n +available:usr_\w+: expected 10000000, found 10000001/);
});

test("an admin and a forgotten password get one-time passwords", async () => {
  const admin = await json<{ oneTimePassword: string }>(["admin", "create", "--username", "root-2"]);
  const user = await findUser(database.orm, "root-2");
  expect(user).toMatchObject({ role: "admin", passwordOneTime: true });
  expect(await verifyPassword(user?.passwordHash ?? null, admin.oneTimePassword)).toBe(true);
  expect(await json(["admin", "create", "--username", "root-2"])).toMatchObject({ created: false, oneTimePassword: null });
  expect(await refusal(["customer", "create", "--username", "root-2"])).toMatch(/is taken by an admin/);
  const issued = await json<{ oneTimePassword: string }>(["user", "password", "--username", "root-2"]);
  const after = await findUser(database.orm, "root-2");
  expect(await verifyPassword(after?.passwordHash ?? null, issued.oneTimePassword)).toBe(true);
});

test("alarms are listed and resolved once", async () => {
  await database.sql`insert into alarms (id, kind, subject, detail) values ('alarm_1', 'usage_missing', 'prov_1', 'three answers without usage')`;
  expect(await json(["alarm", "list"])).toMatchObject([{ id: "alarm_1", resolvedAt: null }]);
  expect(await json(["alarm", "resolve", "--alarm", "alarm_1", "--note", "new key"])).toMatchObject({ changed: true });
  expect(await json(["alarm", "resolve", "--alarm", "alarm_1"])).toMatchObject({ changed: false });
  expect(await json(["alarm", "list"])).toEqual([]);
});

test("the database tells what it is", async () => {
  expect(await json(["database", "info"])).toMatchObject({ mode: "live", embedded: false });
});

test("every key comes with the lines for the customer's shell, as the running product would write them", async () => {
  writeRunningSettings(loadConfig({ PUBLIC_URL: "https://acme.example", BRAND_NAME: "Acme" }), dataDir);
  await json(["customer", "create", "--username", "greta"]);
  const { stdout } = await runAdmin(env, ["key", "issue", "--username", "greta"]);
  expect(stdout).toMatch(/^export CODEXAPI_CODEX_API_KEY='sk-sy-/m);
  expect(stdout).toContain('name="Acme",base_url="https://acme.example/v1"');
});

test("the version is told without an installation", async () => {
  expect(await runAdmin({}, ["--version"])).toEqual({ exitCode: 0, stdout: "0.1.0\n", stderr: "" });
});

test("where nothing was started a command makes nothing and says so", async () => {
  const folder = path.join(temporaryFolder(), "nowhere");
  const nothingIn = (place: string, setting: string) =>
    `There is no installation in ${place}. Start it once with npm start, or check ${setting}.`;
  expect(await refusal(["customer", "list"], "", { SWITCHYARD_DATA_DIR: folder })).toBe(nothingIn(folder, "SWITCHYARD_DATA_DIR"));
  const keyless = { DATABASE_URL: database.url, SWITCHYARD_DATA_DIR: folder };
  expect(await refusal(["customer", "list"], "", keyless)).toBe(nothingIn(folder, "SWITCHYARD_DATA_DIR"));
  const fresh = await testDatabase();
  onTestFinished(() => fresh.close());
  const { host, pathname } = new URL(fresh.url);
  expect(await refusal(["customer", "list"], "", { ...env, SWITCHYARD_DATA_DIR: folder, DATABASE_URL: fresh.url })).toBe(
    nothingIn(`the database ${pathname.slice(1)} on ${host}`, "DATABASE_URL"),
  );
  expect(existsSync(folder)).toBe(false);
});

test("a database that does not answer is told as such, without its password", async () => {
  const port = await freePort(0);
  expect(await refusal(["customer", "list"], "", { ...env, DATABASE_URL: `postgres://me:hidden@127.0.0.1:${port}/shop` })).toBe(
    `The database shop on 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}. Check DATABASE_URL, and that Postgres runs.`,
  );
});

test("whoever only mistypes gets one sentence", async () => {
  expect(await refusal(["customer", "shw"])).toMatch(/unknown command 'shw'/);
  expect(await refusal(["customer", "show", "--username", "nobody"])).toBe("There is no user nobody.");
  expect(await refusal(["request", "list", "--limit", "many"])).toMatch(/must be a whole number/);
});
