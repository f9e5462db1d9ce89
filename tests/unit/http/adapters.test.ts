import { createServer } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { readBody } from "@/lib/http/read-body";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import { serveNodeRequest } from "@/lib/http/node-adapter";
import { callFromRequest, responseFromReply } from "@/lib/http/web-adapter";
import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Call, Reply } from "@/lib/http/call";

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = undefined;
});

type Serving = { port: number; delivered: Promise<{ delivered: boolean }> };

async function serve(handle: (call: Call) => Promise<Reply>, stallMs = 60_000): Promise<Serving> {
  let settle!: (outcome: { delivered: boolean }) => void;
  const delivered = new Promise<{ delivered: boolean }>((resolve) => (settle = resolve));
  server = createServer((req, res) => void serveNodeRequest(handle, { req, res }, { trustedProxies: [], stallMs }).then(settle));
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, delivered };
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function request(port: number, text: string): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(text);
  return socket;
}

const GET = "GET /v1/models?a=1 HTTP/1.1\r\nhost: x\r\n\r\n";

test("a call carries method, path, query, headers, body and address", async () => {
  const { port, delivered } = await serve(async (call) => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ ...call, signal: call.signal.aborted, body: await readAll(call.body) })),
  }));
  const answer = await fetch(`http://127.0.0.1:${port}/v1/responses?x=y`, { method: "POST", body: "hello", headers: { "X-Name": "v" } });
  expect(await answer.json()).toMatchObject({
    method: "POST",
    path: "/v1/responses",
    query: "?x=y",
    body: "hello",
    clientAddress: "127.0.0.1",
    headers: { "x-name": "v" },
    signal: false,
  });
  expect(answer.headers.get("content-length")).not.toBeNull();
  expect(await delivered).toEqual({ delivered: true });
});

test("headers of a stream arrive before its first byte", async () => {
  let release!: () => void;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const { port, delivered } = await serve(async () => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: (async function* () {
      await gate;
      yield Buffer.from("data: 1\n\n");
    })(),
  }));
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect(answer.status).toBe(200);
  release();
  expect(await answer.text()).toBe("data: 1\n\n");
  expect(await delivered).toEqual({ delivered: true });
});

test("when the client goes away the signal aborts and the body is still read to its end", async () => {
  const made: number[] = [];
  const { port, delivered } = await serve(async (call) => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from("first");
      if (!call.signal.aborted) await once(call.signal, "abort");
      for (let index = 0; index < 5; index++) {
        made.push(index);
        yield Buffer.from("more");
      }
    })(),
  }));
  const socket = request(port, GET);
  await once(socket, "data");
  socket.destroy();
  expect(await delivered).toEqual({ delivered: false });
  expect(made).toEqual([0, 1, 2, 3, 4]);
});

test("a client that stops reading is cut off, and the body is still read to its end", async () => {
  const piece = Buffer.alloc(1024 * 1024);
  let made = 0;
  const { port, delivered } = await serve(
    async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (; made < 64; made++) yield piece;
      })(),
    }),
    50,
  );
  const socket = request(port, GET);
  socket.pause();
  expect(await delivered).toEqual({ delivered: false });
  expect(made).toBe(64);
});

test("a body that fails in the middle does not look like a whole answer", async () => {
  let failure: unknown;
  server = createServer((req, res) => {
    const body = (async function* () {
      yield Buffer.from("half");
      throw new Error("broken");
    })();
    serveNodeRequest(async () => ({ status: 200, headers: {}, body }), { req, res }, { trustedProxies: [], stallMs: 1_000 }).catch(
      (error: unknown) => (failure = error),
    );
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await expect(answer.text()).rejects.toThrow("terminated");
  expect(failure).toMatchObject({ message: "broken" });
});

test("an early refusal reaches a client that is still sending, and the connection lives on", async () => {
  const { port } = await serve(async (call) => {
    const budget = new DecodedBudget(1e9);
    try {
      await readBody(call, { compressedBytesMax: 1_000, decodedBytesMax: 1_000, ratioMax: 100, budget });
      return { status: 200, headers: {}, body: Buffer.from("ok") };
    } catch {
      return { status: 413, headers: {}, body: Buffer.from("too large") };
    }
  });
  const body = Buffer.alloc(2 * 1024 * 1024, 0x61);
  const socket = request(port, `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`);
  const [first] = (await once(
    socket.once("connect", () => socket.write(body)),
    "data",
  )) as [Buffer];
  expect(first.toString()).toContain("413");
  socket.write("\r\n0\r\n\r\n");
  socket.write(GET);
  const [second] = (await once(socket, "data")) as [Buffer];
  expect(second.toString()).toContain("200");
  socket.destroy();
});

test("one kept-alive connection does not gather listeners", async () => {
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: Buffer.from("ok") }));
  let socketSeen: Socket | undefined;
  server!.on("connection", (socket) => (socketSeen = socket));
  const socket = request(port, GET);
  await once(socket, "data");
  const before = socketSeen!.listenerCount("close");
  for (let index = 0; index < 5; index++) {
    socket.write(GET);
    await once(socket, "data");
  }
  expect(socketSeen!.listenerCount("close")).toBe(before);
  socket.destroy();
});

test("a Web request becomes a call", async () => {
  const incoming = new Request("http://gw.example/v1/responses?x=1", { method: "POST", body: "hello", headers: { "X-Name": "v" } });
  const call = callFromRequest(incoming, { clientAddress: "203.0.113.7" });
  expect(call).toMatchObject({ method: "POST", path: "/v1/responses", query: "?x=1", clientAddress: "203.0.113.7" });
  expect(call.headers["x-name"]).toBe("v");
  expect(await readAll(call.body)).toBe("hello");
  expect(await readAll(callFromRequest(new Request("http://gw.example/"), { clientAddress: null }).body)).toBe("");
});

test("a reply becomes a Web response, and a reader that leaves does not stop the body", async () => {
  expect(await responseFromReply({ status: 201, headers: { "x-a": "b" }, body: Buffer.from("whole") }).text()).toBe("whole");
  expect((await responseFromReply({ status: 204, headers: {}, body: Buffer.alloc(0) }).text()).length).toBe(0);
  let ended!: () => void;
  const end = new Promise<void>((resolve) => (ended = resolve));
  const body = (async function* () {
    for (let index = 0; index < 10; index++) yield Buffer.from(String(index));
    ended();
  })();
  const reader = responseFromReply({ status: 200, headers: {}, body }).body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe("0");
  await reader.cancel();
  await end;
});
