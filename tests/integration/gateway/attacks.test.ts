import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { withTransaction } from "@/db/transaction";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { OPERATOR, type TestCustomer } from "@/tests/factories/customer";
import { responseIn, send, sendWhole } from "@/tests/factories/exchange";
import {
  addOwnLane,
  CHAT_MODEL,
  logOf,
  MODEL,
  OWN_SECRET,
  testGateway,
  walletCustomer,
  walletOf,
  type TestGateway,
} from "@/tests/factories/gateway";

let gateway: TestGateway;
let customer: TestCustomer;
beforeAll(async () => {
  gateway = await testGateway();
  customer = await walletCustomer(gateway);
});
afterAll(() => gateway.close());
let asked = 0;
beforeEach(() => {
  asked = gateway.simulator.requests.length;
});

const body = { model: MODEL, input: "say: hello" };
const chatBody = { model: CHAT_MODEL, messages: [{ role: "user", content: "say: hello" }] };

async function expectRefused(
  answer: { status: number; json(): Record<string, unknown> },
  wanted: { status: number; param?: string },
): Promise<void> {
  expect(answer.status).toBe(wanted.status);
  expect(answer.json()).toMatchObject({ error: wanted.param === undefined ? {} : { param: wanted.param } });
  expect(gateway.simulator.requests.length).toBe(asked);
  expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n, held: 0n });
}

describe("what would cost more than the hold is refused by name on a wallet", () => {
  const responses: [string, object][] = [
    ["background", { background: true }],
    ["previous_response_id", { previous_response_id: "resp_somebodys" }],
    ["conversation", { conversation: "conv_1" }],
    ["prompt", { prompt: { id: "pmpt_1" } }],
    ["service_tier", { service_tier: "priority" }],
    ["tools", { tools: [{ type: "image_generation" }] }],
    ["tools", { tools: [{ type: "mcp", server_label: "x", server_url: "https://example.com" }] }],
    ["input", { input: [{ type: "item_reference", id: "msg_1" }] }],
    ["input", { input: [{ role: "user", content: [{ type: "input_file", file_id: "file_1" }] }] }],
    ["a_field_of_tomorrow", { a_field_of_tomorrow: 1 }],
  ];
  test.each(responses)("responses: %s %j", async (param, more) => {
    const answer = await sendWhole(gateway.url, customer, { body: { ...body, ...more } });
    await expectRefused(answer, { status: 400, param });
  });

  const chat: [string, object][] = [
    ["n", { n: 2 }],
    ["modalities", { modalities: ["text", "audio"], audio: { voice: "alloy", format: "wav" } }],
    ["web_search_options", { web_search_options: {} }],
    ["prediction", { prediction: { type: "content", content: "x" } }],
    ["service_tier", { service_tier: "flex" }],
  ];
  test.each(chat)("chat: %s", async (param, more) => {
    await expectRefused(await sendWhole(gateway.url, customer, { path: "/v1/chat/completions", body: { ...chatBody, ...more } }), {
      status: 400,
      param,
    });
  });
});

test.each([
  ["model", `{"model":"${MODEL}","input":"x","model":"gpt-6-astra"}`],
  ["background", `{"model":"${MODEL}","input":"x","background":false,"background":true}`],
  ["background", `{"model":"${MODEL}","input":"x","background":false,"\\u0062ackground":true}`],
  ["max_output_tokens", `{"model":"${MODEL}","max_output_tokens":1,"input":"x","max_output_tokens":100000}`],
  ["reasoning.mode", `{"model":"${MODEL}","input":"x","reasoning":{"mode":"standard","mode":"pro"}}`],
  ["stream_options.include_usage", `{"model":"${MODEL}","input":"x","stream_options":{"include_usage":true,"include_usage":false}}`],
  ["tools[0].type", `{"model":"${MODEL}","input":"x","tools":[{"type":"function","name":"a","type":"code_interpreter"}]}`],
  [
    "input[0].content[0].type",
    `{"model":"${MODEL}","input":[{"role":"user","content":[{"type":"input_text","text":"x","type":"input_file"}]}]}`,
  ],
  ["service_tier", `{"model":"${MODEL}","input":"x","service_tier":"default","service_tier":"priority"}`],
])("a body that names %s twice has no one meaning and is refused", async (param, raw) => {
  await expectRefused(await sendWhole(gateway.url, customer, { body: raw }), { status: 400, param });
});

describe("stored responses", () => {
  test("belong to the customer who made them, even when two customers share one upstream key", async () => {
    const [one, two] = [await walletCustomer(gateway), await walletCustomer(gateway)];
    const [own] = [await addOwnLane(gateway, one), await addOwnLane(gateway, two)];
    const made = await sendWhole(gateway.url, one, { body });
    const id = String(made.json()["id"]);
    const read = (who: TestCustomer, method: string, path: string, sent?: object) =>
      sendWhole(gateway.url, who, { method, path, body: sent });
    const before = gateway.ownSimulator.requests.length;
    const foreign = await read(two, "GET", `/v1/responses/${id}`);
    const never = await read(two, "GET", "/v1/responses/resp_that_never_was");
    expect([foreign.status, never.status]).toEqual([404, 404]);
    expect(foreign.json()).toMatchObject({ error: never.json()["error"] });
    for (const [method, path] of [
      ["DELETE", ""],
      ["POST", "/cancel"],
      ["GET", "/input_items"],
    ] as const) {
      expect((await read(two, method, `/v1/responses/${id}${path}`)).status).toBe(404);
    }
    const continued = await sendWhole(gateway.url, two, { body: { ...body, previous_response_id: id } });
    expect(continued.status).toBe(404);
    expect(continued.json()).toMatchObject({ error: { param: "previous_response_id" } });
    expect(gateway.ownSimulator.requests.length).toBe(before);

    expect((await read(one, "GET", `/v1/responses/${id}`)).json()).toMatchObject({ id });
    const followed = await sendWhole(gateway.url, one, { body: { ...body, previous_response_id: id } });
    expect(followed.status).toBe(200);
    expect((await logOf(gateway.database, one)).at(-1)).toMatchObject({ laneId: own, outcome: "completed" });
    expect((await read(one, "DELETE", `/v1/responses/${id}`)).status).toBe(200);
  });

  test("are continued on the lane that made them and on no other", async () => {
    const who = await walletCustomer(gateway);
    const first = await addOwnLane(gateway, who, { label: "Made it" });
    const made = await sendWhole(gateway.url, who, { body: { ...body, stream: true } });
    const id = String(responseIn(made.events()[0])["id"]);
    await addOwnLane(gateway, who, { label: "Newer", secret: "sk-another-own-key" });
    await eventually(async () => {
      await sendWhole(gateway.url, who, { body: { ...body, previous_response_id: id } });
      expect((await logOf(gateway.database, who)).at(-1)?.decisions).toHaveLength(3);
    });
    const row = (await logOf(gateway.database, who)).at(-1);
    expect(row).toMatchObject({ laneId: first, outcome: "completed" });
    expect(row?.decisions).toContainEqual(expect.objectContaining({ label: "Newer", decision: "skipped", reason: "response_not_found" }));
  });
});

describe("bodies", () => {
  const zeros = Buffer.from(`{"model":"${MODEL}","input":"${"0".repeat(60 * 1024 * 1024)}"}`);
  const bombs = [
    { encoding: "gzip", bytes: gzipSync(zeros) },
    { encoding: "deflate", bytes: deflateSync(zeros) },
    { encoding: "br", bytes: brotliCompressSync(zeros) },
    { encoding: "zstd", bytes: zstdBomb() },
  ];
  test.each(bombs)("a $encoding bomb is refused, and holds nothing afterwards", async ({ encoding, bytes }) => {
    expect(bytes.length).toBeLessThan(200_000);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => sendWhole(gateway.url, customer, { body: bytes, headers: { "content-encoding": encoding } })),
    );
    for (const answer of answers) await expectRefused(answer, { status: 413 });
  });

  test.each([
    { encoding: "gzip", bytes: gzipSync(JSON.stringify(body)) },
    { encoding: "deflate", bytes: deflateSync(JSON.stringify(body)) },
    { encoding: "br", bytes: brotliCompressSync(JSON.stringify(body)) },
    { encoding: "zstd", bytes: zstdOf(Buffer.from(JSON.stringify(body))) },
  ])("an honest $encoding body is read", async ({ encoding, bytes }) => {
    const other = await walletCustomer(gateway);
    const answer = await sendWhole(gateway.url, other, { body: bytes, headers: { "content-encoding": encoding } });
    expect(answer.status).toBe(200);
    expect(gateway.simulator.requests.at(-1)?.headers["content-encoding"]).toBeUndefined();
  });

  test("two layers are refused", async () => {
    const twice = gzipSync(gzipSync(JSON.stringify(body)));
    await expectRefused(await sendWhole(gateway.url, customer, { body: twice, headers: { "content-encoding": "gzip, gzip" } }), {
      status: 415,
    });
    await expectRefused(await sendWhole(gateway.url, customer, { body: twice, headers: { "content-encoding": "gzip" } }), { status: 400 });
  });

  test("one that is too large is refused by its announced length, before it is read", async () => {
    const answer = await rawRequest(
      `POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${customer.secret}\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    ["not UTF-8", Buffer.concat([Buffer.from(`{"model":"${MODEL}","input":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
    ["not JSON", Buffer.from("{nope")],
    ["not an object", Buffer.from("[1]")],
    ["nested too deep", Buffer.from(`{"model":"${MODEL}","input":${"[".repeat(5_000)}${"]".repeat(5_000)}}`)],
    ["empty", Buffer.alloc(0)],
    ["of wrong types", Buffer.from(`{"model":7,"input":"x"}`)],
  ])("one that is %s is refused", async (_what, bytes) => {
    await expectRefused(await sendWhole(gateway.url, customer, { body: bytes }), { status: 400 });
  });

  test("after all of them the gateway serves as before", async () => {
    const other = await walletCustomer(gateway);
    expect((await sendWhole(gateway.url, other, { body })).status).toBe(200);
  });
});

describe("paths and headers", () => {
  test.each([
    "/v1/../admin",
    "/v1/responses/../../admin",
    "/v1/%2e%2e/admin",
    "/v1/..%2fadmin",
    "/v1/files/..\\..\\admin",
    "/v1/files/%5c..%5cadmin",
    "//v1/models",
    "/v1//files",
    "/v1/./files",
    "/v1",
    "/v2/files",
    "/v1/files/%00",
    "http://127.0.0.1:1/v1/files",
  ])("%s leads nowhere, least of all upstream", async (path) => {
    const who = await walletCustomer(gateway);
    await addOwnLane(gateway, who);
    const before = gateway.ownSimulator.requests.length;
    const answer = await sendWhole(gateway.url, who, { method: "GET", path });
    expect(answer.status).toBe(404);
    expect(gateway.ownSimulator.requests.length).toBe(before);
  });

  test.each([
    ["POST", "/v1/embeddings"],
    ["GET", "/v1/responses"],
    ["POST", "/v1/nope"],
    ["GET", "/v1/responses/resp_stored"],
  ])("%s %s sends nothing over a lane that its owner has paused", async (method, path) => {
    const who = await walletCustomer(gateway);
    const { userId, keyId } = who;
    const laneId = await addOwnLane(gateway, who, { label: "Mine" });
    await gateway.database.sql`
      insert into stored_responses (upstream_id, user_id, key_id, lane_id) values ('resp_stored', ${userId}, ${keyId}, ${laneId})`;
    const set = (state: "paused" | "ready") =>
      withTransaction(gateway.database.orm, (tx) => setLaneState(tx, { userId, laneId, to: { state }, actor: OPERATOR }));
    await set("paused");
    const before = gateway.ownSimulator.requests.length;
    const sent = method === "POST" ? { model: "text-embedding-3-small", input: "x" } : undefined;
    const refused = await sendWhole(gateway.url, who, { method, path, body: sent });
    expect(refused.status).toBe(403);
    expect(refused.json()).toMatchObject({
      error: { code: "paused", message: expect.stringContaining('Lane "Mine" is paused') as string },
    });
    expect(gateway.ownSimulator.requests.length).toBe(before);
    await eventually(async () =>
      expect((await logOf(gateway.database, who)).at(-1)?.decisions).toMatchObject([{ laneId, reason: "paused" }]),
    );
    const other = await addOwnLane(gateway, who, { label: "Another" });
    if (path.startsWith("/v1/responses/")) return;
    await eventually(async () => {
      await sendWhole(gateway.url, who, { method, path, body: sent });
      expect((await logOf(gateway.database, who)).at(-1)).toMatchObject({ laneId: other });
    });
  });

  test("every other path goes to the customer's own key, whole, and to no wallet", async () => {
    const who = await walletCustomer(gateway);
    const sent = { model: "text-embedding-3-small", input: "some text" };
    const refused = await sendWhole(gateway.url, who, { path: "/v1/embeddings", body: sent });
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({ error: { code: "unsupported_by_lane" } });
    const own = await addOwnLane(gateway, who);
    const answer = await eventually(async () => {
      const found = await sendWhole(gateway.url, who, {
        path: "/v1/embeddings?x=1",
        body: sent,
        headers: { host: "evil.example", te: "trailers" },
      });
      expect(found.status).toBe(200);
      return found;
    });
    expect(answer.json()).toMatchObject({ object: "list" });
    const seen = gateway.ownSimulator.requests.at(-1);
    expect(seen?.headers).toMatchObject({ authorization: `Bearer ${OWN_SECRET}`, host: new URL(gateway.ownSimulator.url).host });
    expect(seen?.query.get("x")).toBe("1");
    await eventually(async () =>
      expect((await logOf(gateway.database, who)).at(-1)).toMatchObject({
        laneId: own,
        path: "/v1/embeddings",
        outcome: "completed",
        cost: 0n,
      }),
    );
    expect(await gateway.database.sql`select 1 from admissions where user_id = ${who.userId}`).toHaveLength(0);
  });

  test.each([
    ["both lengths", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["two lengths", "content-length: 5\r\ncontent-length: 6\r\n\r\n{}"],
    ["a folded header", "x-a: 1\r\n\tcontent-length: 5\r\n\r\n{}"],
    ["a bare line feed in a header", "x-a: 1\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["an odd transfer coding", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"],
  ])("%s: the request is refused and the connection closed", async (_what, rest) => {
    const answer = await rawRequest(`POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${customer.secret}\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.split("HTTP/1.1 ")).toHaveLength(2);
    expect(gateway.simulator.requests.length).toBe(asked);
  });

  test("a WebSocket upgrade is answered 426", async () => {
    const answer = await send(gateway.url, customer, {
      method: "GET",
      path: "/v1/responses",
      headers: { connection: "upgrade", upgrade: "websocket", "sec-websocket-key": "x", "sec-websocket-version": "13" },
    });
    expect(answer.status).toBe(426);
  });

  test("a client that sends half a body and leaves costs nothing", async () => {
    await rawRequest(
      `POST /v1/responses HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${customer.secret}\r\ncontent-length: 1000\r\n\r\n{"model":`,
      { leave: true },
    );
    await eventually(async () => expect(await gateway.connections()).toBe(0));
    expect(await walletOf(gateway.database, customer)).toEqual({ available: 20_000_000n, held: 0n });
  });
});

/** Sends these bytes as they are and returns all that comes back until the server closes, or a first answer has come. */
function rawRequest(bytes: string, options: { leave?: boolean } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, "127.0.0.1", () => {
      socket.write(bytes);
      if (options.leave) socket.end();
    });
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (received.startsWith("HTTP/1.1 413")) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
  });
}

/** Magic number, no checksum, a window of one mebibyte. */
const ZSTD_HEAD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]);

/** A frame of run-length blocks: 250 MB of zeros from eight kilobytes. */
function zstdBomb(): Buffer {
  const BLOCK_BYTES = 128 * 1024;
  const block = Buffer.from([...le24(2 | (BLOCK_BYTES << 3)), 0x30]);
  const last = Buffer.from([...le24(3 | (BLOCK_BYTES << 3)), 0x30]);
  return Buffer.concat([ZSTD_HEAD, ...Array.from({ length: 2_000 }, () => block), last]);
}

/** One raw block: a frame that packs nothing. */
function zstdOf(bytes: Buffer): Buffer {
  return Buffer.concat([ZSTD_HEAD, Buffer.from(le24(1 | (bytes.length << 3))), bytes]);
}

function le24(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255];
}
