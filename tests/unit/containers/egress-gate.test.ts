import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { clientHello } from "@/tests/factories/client-hello";
import { eventually } from "@/tests/factories/eventually";
import { EgressGate, type EgressRefusal, type EgressTarget, type EgressTimings } from "@/workers/egress-proxy/egress-gate";
import { LeaseBook } from "@/workers/egress-proxy/lease-book";
import { type EgressIdentity, egressProxyUrl, readEgressCredentials } from "@/workers/shared/egress-token";

const SECRET = "s".repeat(32);
const IDENTITY: EgressIdentity = { accountId: "acct_1", fence: 7 };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type World = {
  port: number;
  gate: EgressGate;
  refusals: EgressRefusal[];
  sockets: Socket[];
  heard: Buffer[];
  lease: { fence: number; isLive: boolean };
};

/** A gate that leads `chatgpt.com` to a server which answers every byte with itself, or says nothing. */
async function openGate(options: { timings?: Partial<EgressTimings>; isSilent?: boolean; target?: EgressTarget } = {}): Promise<World> {
  const sockets: Socket[] = [];
  const heard: Buffer[] = [];
  const upstream = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => heard.push(chunk));
    if (!options.isSilent) socket.pipe(socket);
  });
  const target = options.target ?? { host: "127.0.0.1", port: await listening(upstream), guarded: false };
  const refusals: EgressRefusal[] = [];
  const lease = { fence: IDENTITY.fence, isLive: true };
  const leases = new LeaseBook({ read: async (ids) => new Map(ids.map((id) => [id, { ...lease }])), leaseMs: 60_000 });
  const gate = new EgressGate({
    targets: new Map([["chatgpt.com:443", target]]),
    leases,
    identify: (header) => readEgressCredentials(SECRET, header),
    onRefused: (refusal) => refusals.push(refusal),
    timings: options.timings,
  });
  const port = await listening(gate.server);
  closers.push(() => {
    gate.close();
    upstream.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, gate, refusals, sockets, heard, lease };
}

const { username, password } = new URL(egressProxyUrl(SECRET, IDENTITY, { host: "127.0.0.1", port: 1 }));
const HELLO = await clientHello("chatgpt.com");
const CREDENTIALS = `Proxy-Authorization: Basic ${btoa(`${username}:${password}`)}\r\n`;

test("bytes pass both ways through a tunnel to an allowed name", async () => {
  const { port } = await openGate();
  const client = say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`, HELLO);
  await client.until(HELLO.toString("latin1"));
  client.socket.write(" and late");
  expect(await client.until(" and late")).toBe(`HTTP/1.1 200 Connection Established\r\n\r\n${HELLO.toString("latin1")} and late`);
});

test("a first message that comes piece by piece behind the answer passes as it is", async () => {
  const { port, refusals } = await openGate();
  const client = say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`);
  await client.until("200 Connection");
  client.socket.setNoDelay(true);
  for (const byte of HELLO) client.socket.write(Buffer.from([byte]));
  expect(await client.until(HELLO.toString("latin1"))).toContain("200 Connection");
  expect(refusals).toEqual([]);
});

test.each([
  ["TLS for another name", () => clientHello("evil.com"), "other_name"],
  ["TLS for a name below it", () => clientHello("x.chatgpt.com"), "other_name"],
  ["TLS for no name", () => clientHello(), "other_name"],
  ["something else than TLS", () => Promise.resolve(Buffer.from("GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n")), "not_tls"],
])("%s in the tunnel of an allowed one reaches nobody, and is told of", async (_what, said, reason) => {
  const { port, refusals, heard } = await openGate();
  const client = say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`, await said());
  expect(await client.end).toBe("HTTP/1.1 200 Connection Established\r\n\r\n");
  expect(refusals).toEqual([{ identity: IDENTITY, target: "chatgpt.com:443", reason }]);
  expect(heard).toEqual([]);
});

test("a first message that does not end in time is refused, and silence is only closed", async () => {
  const { port, refusals, heard } = await openGate({ timings: { helloMs: 50 } });
  const line = `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`;
  await say(port, line).end;
  expect(refusals).toEqual([]);
  await say(port, line, HELLO.subarray(0, 100)).end;
  expect(refusals).toEqual([{ identity: IDENTITY, target: "chatgpt.com:443", reason: "not_tls" }]);
  expect(heard).toEqual([]);
});

test("one address has a bounded number of connections that are nobody's yet, and whoever is known does not count", async () => {
  const { port, refusals } = await openGate();
  const line = `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`;
  const known = say(port, line);
  await known.until("200 Connection");
  const strangers = Array.from({ length: 64 }, () => say(port, "CONNECT "));
  await Promise.all(strangers.map((stranger) => once(stranger.socket, "connect")));
  expect(await say(port, line).end).toBe("");
  expect(refusals).toEqual([{ identity: null, target: "", reason: "too_many" }]);
  const [first] = strangers;
  first?.socket.resetAndDestroy();
  await first?.end;
  await eventually(async () => {
    const next = say(port, line);
    expect(await Promise.race([next.until("200 Connection"), next.end])).toContain("200 Connection");
  });
});

test.each([
  ["another name", "CONNECT evil.com:443", "403", "evil.com:443", "not_allowed"],
  ["another port", "CONNECT chatgpt.com:80", "403", "chatgpt.com:80", "not_allowed"],
  ["a trailing dot", "CONNECT chatgpt.com.:443", "403", "chatgpt.com.:443", "not_allowed"],
  ["another case", "CONNECT ChatGPT.com:443", "403", "ChatGPT.com:443", "not_allowed"],
  ["an address", "CONNECT 127.0.0.1:443", "403", "127.0.0.1:443", "not_allowed"],
  ["plain http", "GET http://chatgpt.com/", "403", "http://chatgpt.com/", "plain_http"],
])("%s is refused and told of", async (_what, line, status, target, reason) => {
  const { port, refusals, sockets } = await openGate();
  expect(await say(port, `${line} HTTP/1.1\r\nHost: x\r\n${CREDENTIALS}\r\n`).end).toContain(`HTTP/1.1 ${status} `);
  expect(refusals).toEqual([{ identity: IDENTITY, target, reason }]);
  expect(sockets).toHaveLength(0);
});

test("nobody without credentials, or with an account's of another secret, gets a tunnel", async () => {
  const { port, refusals } = await openGate();
  const { username: user, password: wrong } = new URL(egressProxyUrl("t".repeat(32), IDENTITY, { host: "127.0.0.1", port: 1 }));
  const header = `Proxy-Authorization: Basic ${btoa(`${user}:${wrong}`)}\r\n`;
  for (const given of ["", header, "Proxy-Authorization: Basic ????\r\n", "Proxy-Authorization: Bearer x\r\n"]) {
    expect(await say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${given}\r\n`).end).toContain("HTTP/1.1 407 ");
  }
  expect(refusals.map((refusal) => refusal.identity)).toEqual([null, null, null, null]);
});

test("a name that leads to a private address is not connected to", async () => {
  const { port } = await openGate({ target: { host: "localhost", port: 9, guarded: true } });
  expect(await say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`).end).toContain("HTTP/1.1 502 ");
});

test("one account has a bounded number of tunnels, and a closed one makes room", async () => {
  const { port, gate } = await openGate();
  const line = `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`;
  const clients = Array.from({ length: 32 }, () => say(port, line));
  await Promise.all(clients.map((client) => client.until("200 Connection")));
  expect(await say(port, line).end).toContain("HTTP/1.1 429 ");
  gate.cut(IDENTITY.accountId);
  await Promise.all(clients.map((client) => client.end));
  await say(port, line).until("200 Connection");
});

test("what another fence has opened is cut, what this one has stays", async () => {
  const { port, gate } = await openGate();
  const client = say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`, HELLO);
  await client.until("200 Connection");
  gate.cut(IDENTITY.accountId, IDENTITY.fence);
  client.socket.write("still here");
  await client.until("still here");
  gate.cut(IDENTITY.accountId, IDENTITY.fence + 1);
  await client.end;
});

test("whoever never finishes the header, has an upstream that says nothing, or is idle, is closed", async () => {
  const slow = await openGate({ timings: { headerMs: 50 } });
  expect(await say(slow.port, "CONNECT chatgpt.com:443 HTTP/1.1\r\n").end).toBe("");
  const silent = await openGate({ isSilent: true, timings: { firstByteMs: 50 } });
  expect(await say(silent.port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`, HELLO).end).toContain("200 Connection");
  const idle = await openGate({ timings: { idleMs: 50 } });
  expect(await say(idle.port, `CONNECT chatgpt.com:443 HTTP/1.1\r\n${CREDENTIALS}\r\n`, HELLO).end).toContain("chatgpt.com");
});

test("a header beyond its bound is not read to the end", async () => {
  const { port, refusals } = await openGate();
  expect(await say(port, `CONNECT chatgpt.com:443 HTTP/1.1\r\nx: ${"y".repeat(9_000)}\r\n\r\n`).end).not.toContain("200");
  expect(refusals).toEqual([]);
});

function say(port: number, text: string, behind: Buffer = Buffer.alloc(0)) {
  const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat([Buffer.from(text), behind])));
  closers.push(() => socket.destroy());
  let heard = "";
  const waiting: { wanted: string; resolve: (heard: string) => void }[] = [];
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
    for (const { wanted, resolve } of waiting) if (heard.includes(wanted)) resolve(heard);
  });
  return {
    socket,
    until: (wanted: string) =>
      heard.includes(wanted) ? Promise.resolve(heard) : new Promise<string>((resolve) => waiting.push({ wanted, resolve })),
    end: new Promise<string>((resolve) => socket.once("close", () => resolve(heard))),
  };
}

function listening(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}
