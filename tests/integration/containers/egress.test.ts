import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { releaseLease, renewLeases, takeLease } from "@/lib/codex/leases";
import { registerRunner } from "@/lib/codex/runners";
import { newId } from "@/lib/ids/ids";
import {
  type ContainerCalls,
  type ContainerProcess,
  type EgressCalls,
  leasedAccount,
  type TestMachine,
  testMachine,
  testUsers,
} from "@/tests/factories/containers";
import { type TestDatabase, testDatabase } from "@/tests/factories/database";
import { startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";
import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import type { EgressTarget } from "@/workers/egress-proxy/egress-gate";

type Simulator = Awaited<ReturnType<typeof startChatgptSimulator>>;

/** Longer than any test here takes. */
const LONG_S = 300;
const LEASE_S = 3;

let db: TestDatabase;
let simulator: Simulator;
let targets: [string, EgressTarget][];

beforeAll(async () => {
  db = await testDatabase();
  simulator = await startChatgptSimulator({ record: false });
  targets = EGRESS_HOSTS.map((name) => [`${name}:443`, { host: "127.0.0.1", port: simulator.port, guarded: false }]);
});
afterAll(async () => {
  await simulator.close();
  await db.close();
});

/** What the proxy answers to each first line, from inside of the container's network. */
const ASK = (lines: readonly string[]) => `
const { connect } = require("node:net");
const ask = (line) => new Promise((resolve) => {
  const socket = connect(3128, "127.0.0.1", () => socket.write(line + "\\r\\nhost: x\\r\\n\\r\\n"));
  socket.on("data", (text) => { resolve(String(text).split(" ")[1]); socket.destroy(); });
  socket.on("error", (error) => resolve(error.code));
  socket.on("close", () => resolve("closed"));
});
Promise.all(${JSON.stringify(lines)}.map(ask)).then((answers) => console.log(JSON.stringify(answers)));
`;

/** What comes of each thing said in a tunnel to an allowed name: TLS for that server, or null for plain words. */
const SAY = (names: readonly (string | null)[]) => `
const { connect } = require("node:net");
const say = (servername) => new Promise((resolve) => {
  const socket = connect(3128, "127.0.0.1", () => socket.write("CONNECT chatgpt.com:443 HTTP/1.1\\r\\n\\r\\n"));
  socket.on("error", () => {}).once("close", () => resolve("closed"));
  socket.once("data", () => {
    if (servername === null) return socket.write("GET / HTTP/1.1\\r\\nhost: chatgpt.com\\r\\n\\r\\n");
    const tls = require("node:tls").connect({ socket, servername, rejectUnauthorized: false }, () => resolve("secure") || socket.destroy());
    tls.on("error", () => {});
  });
});
Promise.all(${JSON.stringify(names)}.map(say)).then((answers) => console.log(JSON.stringify(answers)));
`;

/** Tries to get out without the proxy. */
const GO_PAST = (addresses: readonly [string, number][]) => `
const { connect } = require("node:net");
const go = ([host, port]) => new Promise((resolve) => {
  const socket = connect(port, host, () => resolve("connected"));
  socket.on("error", (error) => resolve(error.code));
});
Promise.all(${JSON.stringify(addresses)}.map(go)).then((answers) => console.log(JSON.stringify(answers)));
`;

describe.each(testUsers())("the way out of a container of $name", (user) => {
  let machine: TestMachine;
  let egress: ContainerProcess<EgressCalls>;
  let runner: ContainerProcess<ContainerCalls>;

  beforeAll(async () => {
    machine = await testMachine(user, { databaseUrl: db.url, leaseS: LEASE_S, targets });
    egress = await machine.startEgress();
    runner = await machine.startRunner("bubblewrap");
  });
  afterAll(() => machine.close());

  const answers = async (accountId: string, lines: readonly string[]) =>
    JSON.parse(await runner.enterNetwork(accountId, ASK(lines))) as string[];

  test("Codex reaches OpenAI's names, and its sign-in goes through", async () => {
    const account = await leasedAccount(db, { ttlS: LONG_S });
    const ref = await runner.ensure({ ...account, caPem: simulator.caPem });
    expect(await runner.deviceCode(ref)).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4,5}$/);
    await runner.destroy(ref, { deleteHome: true });
  });

  test("every other way is refused, counted, and shown to the account's owner", async () => {
    const account = await leasedAccount(db, { ttlS: LONG_S });
    const ref = await runner.ensure(account);
    const allowed = EGRESS_HOSTS.map((name) => `CONNECT ${name}:443 HTTP/1.1`);
    expect(await answers(account.accountId, allowed)).toEqual(["200", "200", "200"]);
    const refused = [
      "CONNECT github.com:443 HTTP/1.1",
      "CONNECT chatgpt.com:80 HTTP/1.1",
      "CONNECT chatgpt.com:8443 HTTP/1.1",
      "CONNECT chatgpt.com.:443 HTTP/1.1",
      "CONNECT CHATGPT.com:443 HTTP/1.1",
      "CONNECT chatgpt.com:0443 HTTP/1.1",
      "CONNECT evil.chatgpt.com:443 HTTP/1.1",
      "CONNECT 127.0.0.1:443 HTTP/1.1",
      `CONNECT 127.0.0.1:${simulator.port} HTTP/1.1`,
      "CONNECT [::1]:443 HTTP/1.1",
      "CONNECT 2130706433:443 HTTP/1.1",
      "GET http://chatgpt.com/ HTTP/1.1",
      "GET / HTTP/1.1",
      "POST http://169.254.169.254/ HTTP/1.1",
    ];
    expect(await answers(account.accountId, refused)).toEqual(refused.map(() => "403"));
    const said = await runner.enterNetwork(account.accountId, SAY(["chatgpt.com", "github.com", "auth.openai.com", null]));
    expect(JSON.parse(said)).toEqual(["secure", "closed", "closed", "closed"]);
    const { port } = new URL(db.url);
    const past = await runner.enterNetwork(
      account.accountId,
      GO_PAST([
        ["127.0.0.1", simulator.port],
        ["127.0.0.1", Number(port)],
        ["1.1.1.1", 443],
        ["10.0.0.1", 443],
      ]),
    );
    expect(JSON.parse(past)).toEqual(["ECONNREFUSED", "ECONNREFUSED", "ENETUNREACH", "ENETUNREACH"]);
    await egress.flush();
    const events = await db.sql<{ detail: string; fence: number }[]>`
      select detail, fence::int from account_events where account_id = ${account.accountId} and kind = 'egress_refused'`;
    const wanted = refused.map((line) => `${line.split(" ")[1]} (${line.startsWith("CONNECT") ? "not_allowed" : "plain_http"})`);
    wanted.push("chatgpt.com:443 (other_name), 2 times", "chatgpt.com:443 (not_tls)");
    expect(events.map((event) => event.detail)).toEqual(expect.arrayContaining(wanted.slice(1)));
    expect(new Set(events.map((event) => event.fence))).toEqual(new Set([account.fence]));
    await runner.destroy(ref, { deleteHome: true });
  });

  test("a container without a live lease, or under another fence, reaches nothing", async () => {
    const account = await leasedAccount(db, { ttlS: LONG_S });
    const ref = await runner.ensure(account);
    const line = ["CONNECT chatgpt.com:443 HTTP/1.1"];
    expect(await answers(account.accountId, line)).toEqual(["200"]);
    await runner.ensure({ ...account, fence: account.fence + 1 });
    expect(await answers(account.accountId, line)).toEqual(["403"]);
    await expect(runner.ensure(account)).rejects.toThrow(/newer lease/);
    await runner.destroy(ref, { deleteHome: true });

    const unleased = await leasedAccount(db, { ttlS: LONG_S });
    await releaseLease(db.sql, unleased);
    const other = await runner.ensure(unleased);
    expect(await answers(unleased.accountId, line)).toEqual(["403"]);
    await runner.destroy(other, { deleteHome: true });
  });

  test("an open tunnel ends when nobody renews its lease", async () => {
    const account = await leasedAccount(db, { ttlS: LEASE_S });
    const ref = await runner.ensure(account);
    expect(await runner.openTunnel(account.accountId, "chatgpt.com:443")).toBe("200");
    await runner.tunnelEnded();
    const [lease] = await db.sql<{ isOver: boolean }[]>`
      select lease_expires_at <= clock_timestamp() as "isOver" from chatgpt_accounts where id = ${account.accountId}`;
    expect(lease?.isOver).toBe(true);
    await runner.destroy(ref, { deleteHome: true });
  });

  test("a runner that is killed leaves its container running, and its tunnels close when the next one has the lease", async () => {
    const account = await leasedAccount(db, { ttlS: LONG_S });
    const first = await machine.startRunner("bubblewrap");
    const ref = await first.ensure(account);
    expect(await runner.openTunnel(account.accountId, "chatgpt.com:443")).toBe("200");
    await first.kill();
    await db.sql`update chatgpt_accounts set lease_expires_at = clock_timestamp() where id = ${account.accountId}`;
    const next = newId("run");
    await registerRunner(db.sql, { id: next, host: "test", address: "http://127.0.0.1:2", driver: "bubblewrap", isolation: {} });
    const lease = await takeLease(db.sql, { accountId: account.accountId, runnerId: next, host: "test", ttlS: LONG_S });
    expect(lease).toMatchObject({ kind: "taken", fence: account.fence + 1 });
    await runner.tunnelEnded();
    expect(await runner.ensure({ ...account, fence: account.fence + 1 })).toMatchObject({ instance: ref.instance, resumed: true });
    expect(await answers(account.accountId, ["CONNECT chatgpt.com:443 HTTP/1.1"])).toEqual(["200"]);
    await runner.destroy(ref, { deleteHome: true });
  });

  test("a proxy that is killed and started again opens the doors of the containers that live on", async () => {
    const account = await leasedAccount(db, { ttlS: LONG_S });
    const ref = await runner.ensure(account);
    const line = ["CONNECT chatgpt.com:443 HTTP/1.1"];
    await egress.kill();
    expect(await answers(account.accountId, line)).toEqual(["ECONNREFUSED"]);
    egress = await machine.startEgress();
    expect(await answers(account.accountId, line)).toEqual(["200"]);
    await renewLeases(db.sql, { runnerId: account.runnerId, ttlS: LONG_S });
    await runner.destroy(ref, { deleteHome: true });
  });
});
