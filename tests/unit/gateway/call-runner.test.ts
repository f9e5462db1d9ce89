import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { describe, expect, test } from "vitest";
import { callRunner } from "@/lib/gateway/call-runner";
import type { RunnerEnd } from "@/lib/gateway/ports";
import { TURN_HEADER, type TurnFrame, type TurnTicket } from "@/lib/turns/runner-protocol";

const ticket: TurnTicket = {
  requestId: "req_1",
  userId: "usr_1",
  keyId: "key_1",
  laneId: "lane_1",
  accountId: "acct_1",
  wire: "responses",
  stream: true,
  includeUsage: false,
  model: "gpt-5.5",
  outputTokensMax: 1_000,
  isRerun: false,
  queueMs: 1_000,
  deadlineMs: 10_000,
};
const FRAMES: TurnFrame[] = [
  { kind: "queued", place: 2 },
  { kind: "queued", place: 1 },
  { kind: "running", queuedMs: 5 },
  { kind: "answer", contentType: "text/event-stream" },
];
const ANSWER = 'data: {"type":"response.créé"}\n\ndata: two\n\n';
const line = (frame: unknown) => `${JSON.stringify(frame)}\n`;

type Seen = { end: RunnerEnd; waiting: TurnFrame[]; options: Dispatcher.RequestOptions };

async function call(input: { statusCode?: number; body: Readable; signal?: AbortSignal; fails?: Error }): Promise<Seen> {
  const waiting: TurnFrame[] = [];
  let options: Dispatcher.RequestOptions | undefined;
  const request = (given: Dispatcher.RequestOptions) => {
    options = given;
    return input.fails ? Promise.reject(input.fails) : Promise.resolve({ statusCode: input.statusCode ?? 200, body: input.body });
  };
  const end = await callRunner({
    address: "http://runner.example:9/base/",
    secret: "shared",
    dispatcher: { request } as unknown as Dispatcher,
    ticket,
    body: Buffer.from("{}"),
    movedTo: null,
    signal: input.signal ?? new AbortController().signal,
    onWaiting: (frame) => void waiting.push(frame),
    watch: () => () => {},
  });
  return { end, waiting, options: options! };
}

const said = (...texts: string[]) => Readable.from(texts.map((text) => Buffer.from(text)));
const inPieces = (text: string, size: number) => {
  const bytes = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)),
  );
};

async function textOf(end: RunnerEnd): Promise<string> {
  const chunks: Uint8Array[] = [];
  if (end.kind === "answer") for await (const chunk of end.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

test("the call carries the secret and the ticket, at the runner's own address", async () => {
  const { options } = await call({ body: said(line(FRAMES[3])) });
  expect(options).toMatchObject({ origin: "http://runner.example:9", path: "/base/turns", method: "POST" });
  const headers = options.headers as Record<string, string>;
  expect(headers["authorization"]).toBe("Bearer shared");
  expect(JSON.parse(Buffer.from(headers[TURN_HEADER]!, "base64url").toString())).toEqual(ticket);
});

test.each([1, 2, 3, 7, 64, 10_000])("frames and the bytes behind them come through in pieces of %d bytes", async (size) => {
  const { end, waiting } = await call({ body: inPieces(FRAMES.map(line).join("") + ANSWER, size) });
  expect(waiting).toEqual(FRAMES.slice(0, 3));
  expect(end).toMatchObject({ kind: "answer", contentType: "text/event-stream" });
  expect(await textOf(end)).toBe(ANSWER);
});

test.each<TurnFrame>([
  { kind: "declined", class: "busy", reason: "queue_full", message: "full", until: null, param: null },
  { kind: "refused", code: "request_invalid", message: "no", param: "input" },
])("a reason why there is no answer comes back as it was said: %j", async (frame) => {
  expect((await call({ body: said(line(frame)) })).end).toEqual(frame);
});

describe("a runner that is lost", () => {
  const lost = (reason: string, ran: boolean, movedTo: string | null = null) => ({ kind: "lost", reason, ran, movedTo });
  const error = (code: string) => Object.assign(new Error(code), { code });

  test.each<[string, Parameters<typeof call>[0], object]>([
    ["nobody listens", { body: said(), fails: error("ECONNREFUSED") }, lost("unreachable", false)],
    ["the connection broke with the request in it", { body: said(), fails: error("ECONNRESET") }, lost("unreachable", true)],
    ["drains", { statusCode: 503, body: said("{}") }, lost("status_503", false)],
    ["moved", { statusCode: 409, body: said('{"movedTo":"http://other:1"}') }, lost("moved", false, "http://other:1")],
    ["moved to no address", { statusCode: 409, body: said('{"movedTo":7}') }, lost("status_409", false)],
    ["cut in line: the turn has not run", { body: said(line(FRAMES[0])) }, lost("cut", false)],
    ["cut while it ran", { body: said(line(FRAMES[0]), line(FRAMES[2])) }, lost("cut", true)],
    ["cut without a word", { body: said() }, lost("cut", true)],
    ["says what nobody understands", { body: said(line({ kind: "poem" })) }, lost("not_understood", true)],
    ["never ends its line", { body: said("x".repeat(70_000)) }, lost("not_understood", true)],
  ])("%s", async (_what, input, expected) => {
    expect((await call(input)).end).toEqual(expected);
  });

  test("is not the same as a call that we gave up", async () => {
    const signal = AbortSignal.abort();
    expect((await call({ body: said(), fails: error("UND_ERR_ABORTED"), signal })).end).toEqual({ kind: "aborted" });
  });
});

test.each([
  [400, "cannot"],
  [401, "lost"],
  [404, "lost"],
  [413, "cannot"],
  [500, "lost"],
])("a runner's status %d is the end of the try: the same call would be answered the same", async (statusCode, why) => {
  const { end } = await call({ statusCode, body: said("{}") });
  expect(end).toMatchObject({ kind: "declined", class: why, reason: `runner_status_${statusCode}`, until: null });
});
