import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import { newId } from "@/lib/ids/ids";
import {
  type ContainerCalls,
  type ContainerProcess,
  leasedAccount,
  type TestMachine,
  testMachine,
  testUsers,
} from "@/tests/factories/containers";
import { type TestDatabase, testDatabase } from "@/tests/factories/database";
import { isProcessAlive } from "@/workers/shared/process-table";
import { startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

let db: TestDatabase;
let simulator: Awaited<ReturnType<typeof startChatgptSimulator>>;

beforeAll(async () => {
  db = await testDatabase();
  simulator = await startChatgptSimulator({ record: false });
});
afterAll(async () => {
  await simulator.close();
  await db.close();
});

const LEASE_S = 300;

describe.each(testUsers())("a plain process of $name", (user) => {
  let machine: TestMachine;
  let runner: ContainerProcess<ContainerCalls>;

  beforeAll(async () => {
    const target = { host: "127.0.0.1", port: simulator.port, guarded: false };
    machine = await testMachine(user, {
      databaseUrl: db.url,
      leaseS: LEASE_S,
      targets: EGRESS_HOSTS.map((name) => [`${name}:443`, target]),
    });
    await machine.startEgress();
    runner = await machine.startRunner("process");
  });
  afterAll(() => machine.close());

  test("the probe says loudly that it isolates nothing", async () => {
    expect(await runner.probe()).toMatchObject({
      ok: true,
      isolation: { fs: false, pids: false, net: "open", uid: "shared", seccomp: false },
      notes: [expect.stringContaining("NO ISOLATION")],
    });
  });

  test("Codex answers, signs in through the proxy by its credentials, outlives its runner and ends when it is stopped", async () => {
    const account = await leasedAccount(db, { ttlS: LEASE_S });
    const first = await machine.startRunner("process");
    const ref = await first.ensure({ ...account, caPem: simulator.caPem });
    expect(await first.deviceCode(ref)).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4,5}$/);
    await first.kill();
    expect(await runner.ensure(account)).toMatchObject({ instance: ref.instance, resumed: true });
    expect(await runner.initialize(ref)).toBe("initialized");
    const { codex } = (await runner.processesOf(account.accountId))!;
    await runner.stop(ref, 5_000);
    expect(isProcessAlive(codex!)).toBe(false);
  });

  test("under another lease it starts anew, since its way out belongs to the old one", async () => {
    const account = { accountId: newId("acct"), fence: 1 };
    const ref = await runner.ensure(account);
    const next = await runner.ensure({ ...account, fence: 2 });
    expect(next).toMatchObject({ resumed: false });
    expect(next.instance).not.toBe(ref.instance);
    await runner.destroy(next, { deleteHome: true });
  });

  test("credentials are good for one account under its live lease, and for nobody else", async () => {
    const account = await leasedAccount(db, { ttlS: LEASE_S });
    const url = new URL(await runner.proxyUrl(account));
    const older = new URL(await runner.proxyUrl({ ...account, fence: account.fence - 1 }));
    const ask = (credentials: string | null) => statusOf(Number(url.port), credentials);
    expect(await ask(`${url.username}:${url.password}`)).toBe("200");
    expect(await ask(`${older.username}:${older.password}`)).toBe("403");
    expect(await ask(`${url.username}:${older.password}`)).toBe("407");
    expect(await ask(`${newId("acct")}.1:${url.password}`)).toBe("407");
    expect(await ask(null)).toBe("407");
  });
});

function statusOf(port: number, credentials: string | null): Promise<string> {
  const header = credentials === null ? "" : `proxy-authorization: Basic ${Buffer.from(credentials).toString("base64")}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`CONNECT chatgpt.com:443 HTTP/1.1\r\n${header}\r\n`));
    socket.on("error", reject);
    socket.once("data", (text: Buffer) => {
      resolve(text.toString().split(" ")[1] ?? "");
      socket.destroy();
    });
  });
}
