import { mkdtempSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Docker from "dockerode";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { codexBinary } from "@/tests/contract/harness/codex";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { canStartDockerd, inNetworkOf, startDockerd, type TestDockerd } from "@/tests/factories/docker";
import { connectCodex, dockerAccount, startTurn } from "@/tests/factories/docker-account";
import { type LeasedAccount, leasedAccount } from "@/tests/factories/leased-account";
import { awaitLogin, readAccount, startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import type { AccountContainer, ContainerDriver, ContainerRef } from "@/workers/codex-runner/containers/container-driver";
import { createDockerDriver } from "@/workers/codex-runner/containers/docker/docker-driver";
import { createEgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import { engineSetup } from "@/workers/codex-runner/engine/lean-setup";
import { type EgressProxy, startEgressProxy } from "@/workers/egress-proxy/start-egress-proxy";
import { DOOR_HOST, DOOR_PORT } from "@/workers/shared/egress-control";
import { type ChatgptSimulator, OPENAI_NAMES, startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

const SECRET = "a secret that only tests have, of some length";
const ADA = "ada@simulated.example";
const SIGN_IN_MS_MAX = 30_000;

describe.runIf(canStartDockerd())("a ChatGPT account in a container behind its door", () => {
  const log = pino({ level: "silent" });
  let folder: string;
  let database: TestDatabase;
  let dockerd: TestDockerd;
  let chatgpt: ChatgptSimulator;
  let egress: EgressProxy;
  let driver: ContainerDriver;
  let leased: LeasedAccount;
  let account: AccountContainer;
  let ref: ContainerRef;

  beforeAll(async () => {
    folder = mkdtempSync("/tmp/sy-egress-");
    database = await testDatabase();
    dockerd = await startDockerd();
    chatgpt = await startChatgptSimulator();
    const targets = new Map(OPENAI_NAMES.map((name) => [`${name}:443`, { host: "127.0.0.1", port: chatgpt.port, guarded: false }]));
    const listen = { host: "127.0.0.1", port: 0 };
    egress = await startEgressProxy({ sql: database.sql, log, dataDir: folder, secret: SECRET, leaseS: 15, targets, listen });
    driver = createDockerDriver({
      installation: "docker-test",
      engines: [{ name: "here", address: `unix://${dockerd.socketPath}` }],
      tlsDir: null,
      runtime: null,
      isFirewallEnforced: false,
      egress: createEgressClient({ dataDir: folder, secret: SECRET, port: 0 }),
      log,
    });
    leased = await leasedAccount(database);
    const binary = await codexBinary();
    const models = await makeModelCatalogue({ binary, version: CODEX_VERSION, cacheFile: `${folder}/catalogue.json` });
    account = await dockerAccount({
      ...engineSetup({ provider: "built_in", models }),
      accountId: leased.accountId,
      fence: leased.proof.fence,
      vendorDir: dirname(dirname(binary)),
      caPem: chatgpt.caPem,
    });
    ref = await driver.ensure(account);
  });
  afterAll(async () => {
    await driver.destroy(ref, { deleteHome: true });
    await driver.close();
    await egress.close();
    await chatgpt.close();
    await dockerd.stop();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("it signs in by device code, answers, and is still signed in after a stop and in a new container", async () => {
    const codex = await connectCodex(driver, ref);
    const login = await startDeviceLogin(codex);
    chatgpt.control.approve(login.userCode, ADA);
    expect(await awaitLogin(login, AbortSignal.timeout(SIGN_IN_MS_MAX))).toEqual({ kind: "signed_in" });
    expect(await (await startTurn(codex)).ended).toMatchObject({ status: "completed", text: expect.stringMatching(/\S/) });
    codex.close();

    await driver.stop(ref, 5_000);
    ref = await driver.ensure(account);
    const again = await connectCodex(driver, ref);
    expect(await readAccount(again)).toMatchObject({ email: ADA });
    again.close();

    await driver.destroy(ref, { deleteHome: false });
    ref = await driver.ensure(account);
    const renewed = await connectCodex(driver, ref);
    expect(await readAccount(renewed)).toMatchObject({ email: ADA });
    expect(await (await startTurn(renewed)).ended).toMatchObject({ status: "completed" });
    renewed.close();
  });

  test("the door leads to OpenAI alone, and for the holder of the lease alone", async () => {
    const docker = new Docker({ socketPath: dockerd.socketPath });
    const pid = (await docker.getContainer(ref.name).inspect()).State.Pid;
    expect(await connectThrough(pid, "chatgpt.com:443")).toBe("200");
    expect(await connectThrough(pid, "example.com:443")).toBe("403");
    expect(await connectThrough(pid, "chatgpt.com:80")).toBe("403");
    expect(await connectThrough(pid, "192.0.2.1:443")).toBe("403");
    await database.sql`update chatgpt_accounts set lease_expires_at = clock_timestamp() - interval '1 minute' where id = ${leased.accountId}`;
    await expect.poll(() => connectThrough(pid, "chatgpt.com:443")).toBe("403");
  });
});

const CONNECT = `
const [host, port, target] = process.argv.slice(1);
const call = require("node:http").request({ host, port, method: "CONNECT", path: target });
call.on("connect", (response) => { console.log(response.statusCode); process.exit(); });
call.on("error", (error) => { console.log(error.code); process.exit(); });
call.end();`;

/** The status with which a door answers, asked from within the network of this process. */
async function connectThrough(pid: number, target: string): Promise<string> {
  return (await inNetworkOf(pid, [process.execPath, "-e", CONNECT, DOOR_HOST, String(DOOR_PORT), target])).trim();
}
