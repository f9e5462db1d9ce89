import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { z } from "zod";
import { isModelName } from "@/lib/turns/model-name";
import { TURN_HEADER, type TurnFrame, type TurnTicket } from "@/lib/turns/runner-protocol";
import { Draining, LeaseLost, Moved, NotTheirs } from "@/workers/codex-runner/lease-errors";
import { ACCOUNT_ACTS, type AccountActName, type Runner } from "@/workers/codex-runner/runner";
import { TurnCut, type TurnSink } from "@/workers/codex-runner/run-turn";

/** What `web` accepts from its own clients, and nothing above it. */
const TURN_BYTES_MAX = 64 * 1024 * 1024;
const ACT_BYTES_MAX = 16 * 1024;
/** A body that is not whole by then belongs to a `web` that is gone. */
const BODY_MS_MAX = 60_000;
/** Frames that nobody reads are not kept beyond this. */
const UNREAD_BYTES_MAX = 1024 * 1024;

const id = z.string().min(1).max(100);
const ticketSchema = z.object({
  requestId: id,
  userId: id,
  keyId: id,
  laneId: id,
  accountId: id,
  wire: z.enum(["responses", "chat"]),
  stream: z.boolean(),
  includeUsage: z.boolean(),
  model: z.string().refine(isModelName),
  outputTokensMax: z.int().positive(),
  isRerun: z.boolean(),
  queueMs: z
    .int()
    .min(0)
    .max(24 * 3_600_000),
  deadlineMs: z
    .int()
    .positive()
    .max(24 * 3_600_000),
}) satisfies z.ZodType<TurnTicket>;
const actSchema = z.object({ userId: id, signInId: id.optional(), address: z.string().max(200).nullable().optional() });

export type RunnerServer = { address: string; close(): Promise<void> };

type Input = { runner: () => Runner | null; secret: string; host: string; port: number; log: Logger };

/**
 * The runner's side of `lib/turns/runner-protocol`. Listens before its runner is there, since the runner's row carries the address;
 * until then it is not ready.
 */
export async function createRunnerServer({ runner, secret, host, port, log }: Input): Promise<RunnerServer> {
  const expected = digest(`Bearer ${secret}`);
  const server = createServer({ requestTimeout: 0 }, (req, res) => {
    serve(req, res).catch((error: unknown) => endWith(res, error, log));
  });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url ?? "/", "http://runner").pathname;
    const at = runner();
    if (req.method === "GET" && path === "/healthz") return answer(res, at === null || at.isDraining ? 503 : 200, {});
    if (!timingSafeEqual(digest(req.headers.authorization ?? ""), expected)) return answer(res, 401, { error: "wrong secret" });
    if (req.method !== "POST") return answer(res, 404, { error: "no such address" });
    if (at === null || at.isDraining) throw new Draining();
    if (path === "/turns") return serveTurn(at, req, res);
    const [, accountId, act] = /^\/accounts\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (accountId === undefined || !isAct(act)) return answer(res, 404, { error: "no such address" });
    const read = actSchema.safeParse(parseJson(await readBody(req, ACT_BYTES_MAX)));
    if (!read.success) return answer(res, 400, { error: "not an act" });
    await at.act(act, accountId, read.data);
    answer(res, 200, {});
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serveTurn(runner: Runner, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const ticket = readTicket(req.headers[TURN_HEADER]);
  if (ticket === null) return answer(res, 400, { error: "not a turn" });
  const hangUp = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) hangUp.abort();
  });
  const body = await readBody(req, TURN_BYTES_MAX);
  if (hangUp.signal.aborted) return;
  await runner.serveTurn({ ticket, body, signal: hangUp.signal, sink: sinkInto(res, hangUp.signal) });
  res.end();
}

/** Frames first, each a line; after `answer` the bytes as they are. */
function sinkInto(res: ServerResponse, signal: AbortSignal): TurnSink {
  const write = async (bytes: string | Uint8Array): Promise<void> => {
    if (signal.aborted || res.destroyed) return;
    if (!res.headersSent) res.writeHead(200, { "content-type": "application/octet-stream" });
    if (!res.write(bytes)) await drained(res);
  };
  return {
    frame: async (frame: TurnFrame) => {
      // A place that nobody reads is not worth keeping: the next one says it all.
      if (frame.kind === "queued" && res.writableLength > UNREAD_BYTES_MAX) return;
      await write(`${JSON.stringify(frame)}\n`);
    },
    bytes: write,
  };
}

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      res.off("drain", done);
      res.off("close", done);
      resolve();
    };
    res.once("drain", done);
    res.once("close", done);
  });
}

function endWith(res: ServerResponse, error: unknown, log: Logger): void {
  const isOurs = error instanceof LeaseLost || error instanceof Moved || error instanceof Draining || error instanceof TurnCut;
  if (!isOurs && !(error instanceof NotTheirs) && !(error instanceof BodyRefused)) log.error({ err: error }, "a call to the runner failed");
  // Half an answer is worse than none: a cut connection says that this runner has nothing more to say.
  if (res.headersSent) return void res.destroy();
  if (error instanceof NotTheirs) return answer(res, 404, { error: "no such account" });
  if (error instanceof Moved) return answer(res, 409, { movedTo: error.address });
  if (error instanceof LeaseLost) return answer(res, 409, { movedTo: null });
  if (error instanceof Draining) return answer(res, 503, { error: "draining" });
  if (error instanceof BodyRefused) return answer(res, 413, { error: error.message });
  answer(res, 500, { error: "internal" });
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify(body));
}

class BodyRefused extends Error {}

async function readBody(req: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const timer = setTimeout(() => req.destroy(), BODY_MS_MAX);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of req as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new BodyRefused(`more than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

function readTicket(header: string | string[] | undefined): TurnTicket | null {
  if (typeof header !== "string") return null;
  return ticketSchema.safeParse(parseJson(Buffer.from(header, "base64url"))).data ?? null;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

function isAct(text: string | undefined): text is AccountActName {
  return ACCOUNT_ACTS.includes(text as AccountActName);
}

/** Of equal length whatever was sent, so that comparing takes equally long. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
