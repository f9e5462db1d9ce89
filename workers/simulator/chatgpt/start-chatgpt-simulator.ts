import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { decodeBody } from "@/lib/http/decode-body";
import { SIMULATED_HEADER } from "@/lib/http/simulated-header";
import { type Clock, systemClock } from "@/lib/time/clock";
import { answerAccountsPage } from "@/workers/simulator/chatgpt/accounts-page";
import { isPlain, json, type PlainAnswer, refused } from "@/workers/simulator/chatgpt/answers";
import { answerBackend } from "@/workers/simulator/chatgpt/backend-routes";
import { detail } from "@/workers/simulator/chatgpt/backend-refusals";
import { makeCertificates } from "@/workers/simulator/chatgpt/certificates";
import { ChatgptControl } from "@/workers/simulator/chatgpt/control";
import { answerControl } from "@/workers/simulator/chatgpt/control-routes";
import { DeviceCodes } from "@/workers/simulator/chatgpt/device-codes";
import { answerDevicePage } from "@/workers/simulator/chatgpt/device-page";
import { readKeptState, stateKeeper } from "@/workers/simulator/chatgpt/kept-state";
import { answerSignIn } from "@/workers/simulator/chatgpt/sign-in-routes";
import { SignIns } from "@/workers/simulator/chatgpt/sign-ins";
import { SimulatedAccounts } from "@/workers/simulator/chatgpt/simulated-accounts";
import { withoutTokens } from "@/workers/simulator/chatgpt/without-tokens";
import type { ChatgptRequest, World } from "@/workers/simulator/chatgpt/world";
import { PromptCache } from "@/workers/simulator/openai/count-tokens";
import { EncryptedContent } from "@/workers/simulator/openai/encrypted-content";
import { RECORDED_REQUESTS_MAX } from "@/workers/simulator/openai/record-request";
import { keyMissing } from "@/workers/simulator/openai/refusals";
import { type Answer, sendAnswer } from "@/workers/simulator/openai/send-answer";
import { StoredResponses } from "@/workers/simulator/openai/stored-responses";
import { parseJson, readWholeBody } from "@/workers/simulator/shared/whole-body";

/**
 * Stands in for OpenAI's sign-in (auth.openai.com) and for the ChatGPT backend (chatgpt.com), well enough for the unmodified Codex CLI with
 * its own configuration: a proxy leads those names to the TLS port, and Codex trusts the authority of its certificate.
 * The plain port serves the same without TLS, the page where a person approves a code, and the control of tests in other processes.
 */
export type ChatgptSimulatorOptions = {
  /** Loopback. */
  host?: string;
  /** Of the TLS port; 0, the default, takes a free one. */
  port?: number;
  plainPort?: number;
  /** Keeps the certificate authority (`ca.pem`), the accounts and the sign-ins over a restart. */
  caDir?: string;
  /** Keep requests with their bodies in `requests`; off for long runs. */
  record?: boolean;
  clock?: Clock;
};

export type ChatgptSimulator = {
  /** `https://127.0.0.1:port`. */
  url: string;
  port: number;
  /** `http://127.0.0.1:plainPort`; a person approves codes at `/codex/device` there. */
  plainUrl: string;
  plainPort: number;
  caPem: string;
  control: ChatgptControl;
  requests: ChatgptRequest[];
  close: () => Promise<void>;
};

/** The names that the TLS port answers for. */
export const OPENAI_NAMES = ["chatgpt.com", "auth.openai.com", "api.openai.com"] as const;
const ORGANISATION = "chatgpt-simulator";
const BODY_BYTES_MAX = 128 * 1024 * 1024;
const STATUS_UPGRADE_REQUIRED = 426;

type Door = "tls" | "plain";

export async function startChatgptSimulator(options: ChatgptSimulatorOptions = {}): Promise<ChatgptSimulator> {
  const { host = "127.0.0.1", port = 0, plainPort = 0, caDir, record = true, clock = systemClock } = options;
  const certificates = await makeCertificates({ names: [...OPENAI_NAMES, "localhost"], addressesV4: ["127.0.0.1"], caDir });
  const kept = caDir === undefined ? null : readKeptState(caDir);
  const accounts = new SimulatedAccounts(clock, kept?.accounts);
  const signIns = new SignIns(clock, kept?.signIns);
  const codes = new DeviceCodes(clock);
  const world: World = {
    clock,
    accounts,
    signIns,
    codes,
    control: new ChatgptControl({ accounts, codes, signIns, clock }),
    cache: new PromptCache(),
    encrypted: new EncryptedContent(ORGANISATION),
    stored: new StoredResponses(),
    requests: [],
    tlsOrigin: "",
  };
  const keep = caDir === undefined ? null : stateKeeper(caDir);
  const save = (): void => keep?.({ accounts: [...accounts.list()], signIns: [...signIns.list()] });
  save();

  const behind = (door: Door): RequestListener => {
    return (request, response) => {
      serve(door, request, response).catch((error: unknown) => {
        // A client that leaves while it sends is not an error of ours; anything else is a bug, and the test should see it.
        if (request.errored === null) process.emitWarning(error instanceof Error ? error : String(error));
        response.destroy();
      });
    };
  };

  async function serve(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = seenRequest(request);
    const clientGone = new AbortController();
    let isModelCall = false;
    response.on("close", () => {
      if (response.writableFinished) seen.outcome = "completed";
      else if (seen.outcome === "open") seen.outcome = "aborted";
      if (seen.outcome !== "completed") clientGone.abort();
      if (isModelCall && seen.outcome !== "cut") world.control.calls.count(seen.outcome === "completed" ? "completed" : "aborted");
    });
    const refusal = await readInto(seen, request);
    const answer = refusal ?? answerRequest(door, seen, world);
    if (record) {
      Object.assign(seen, withoutTokens(seen));
      if (world.requests.push(seen) > RECORDED_REQUESTS_MAX) world.requests.shift();
    }
    save();
    if (isPlain(answer)) {
      response.writeHead(answer.status, { [SIMULATED_HEADER]: "1", ...answer.headers }).end(answer.body);
      return;
    }
    isModelCall = true;
    world.control.calls.count("started");
    const headers = { [SIMULATED_HEADER]: "1", "x-request-id": crypto.randomUUID() };
    await sendAnswer(answer, { response, record: seen, control: world.control.calls, clientGone: clientGone.signal, headers });
  }

  const tls = createTlsServer({ key: certificates.keyPem, cert: certificates.chainPem }, behind("tls"));
  const plain = createServer(behind("plain"));
  const servers = [tls, plain];
  for (const server of servers) {
    server.requestTimeout = 0;
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      if (record) world.requests.push({ ...seenRequest(request), outcome: "completed", headers: {} });
      declineUpgrade(socket);
    });
  }
  const tlsAt = await listen(tls, host, port);
  try {
    const plainAt = await listen(plain, host, plainPort);
    world.tlsOrigin = `https://${tlsAt.authority}`;
    return {
      url: world.tlsOrigin,
      port: tlsAt.port,
      plainUrl: `http://${plainAt.authority}`,
      plainPort: plainAt.port,
      caPem: certificates.caPem,
      control: world.control,
      requests: world.requests,
      close: async () => {
        await Promise.all(servers.map(close));
        save();
      },
    };
  } catch (error) {
    await close(tls);
    throw error;
  }
}

function answerRequest(door: Door, request: ChatgptRequest, world: World): PlainAnswer | Answer {
  const isNamed = (name: (typeof OPENAI_NAMES)[number]): boolean => request.host === name || isLoopbackName(request.host);
  const own = door === "plain" && isLoopbackName(request.host) && isSameOrigin(request);
  return (
    (isNamed("auth.openai.com")
      ? (answerSignIn(request, world) ?? (isSameOrigin(request) ? answerDevicePage(request, world) : null))
      : null) ??
    (isNamed("chatgpt.com") ? answerBackend(request, world) : null) ??
    (own ? (answerControl(request, world) ?? answerAccountsPage(request, world)) : null) ??
    // Nobody who is signed in with ChatGPT has an API key.
    (request.host === "api.openai.com" ? refused(keyMissing()) : json({ detail: "Not Found" }, 404))
  );
}

/** A page of somewhere else, open in the same browser, approves nothing. */
function isSameOrigin({ method, headers }: ChatgptRequest): boolean {
  if (method === "GET" || headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "127.0.0.1" || host === "[::1]";
}

function seenRequest(request: IncomingMessage): ChatgptRequest {
  const url = new URL(request.url ?? "/", "http://simulator");
  return {
    method: request.method ?? "GET",
    host: (request.headers.host ?? "").replace(/:\d+$/, "").toLowerCase(),
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.alloc(0),
    wireBytes: 0,
    json: undefined,
    accountId: null,
    outcome: "open",
  };
}

/** Reads the body, unpacked; a refusal when it cannot. */
async function readInto(seen: ChatgptRequest, request: IncomingMessage): Promise<PlainAnswer | null> {
  const wire = await readWholeBody(request);
  if (wire === null) return refused(detail(413, "Request body is too large."));
  seen.wireBytes = wire.length;
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity" && encoding !== "zstd")
    return refused(detail(415, `Unsupported encoding ${encoding}.`));
  seen.body = encoding === "zstd" ? await unpack(wire) : wire;
  seen.json = seen.body.length === 0 ? undefined : parseJson(seen.body.toString("utf8"));
  return null;
}

async function unpack(wire: Buffer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  await decodeBody("zstd", only(wire), (chunk) => {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("The unpacked body is too large.");
    chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

async function* only(wire: Buffer): AsyncGenerator<Buffer> {
  yield wire;
}

/** Codex goes over to HTTP at once after this status; after any other it tries again first. */
function declineUpgrade(socket: Duplex): void {
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${STATUS_UPGRADE_REQUIRED} Upgrade Required\r\n${SIMULATED_HEADER}: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
  );
}

async function listen(server: Server, host: string, port: number): Promise<{ port: number; authority: string }> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return { port: address.port, authority: `${host.includes(":") ? `[${host}]` : host}:${address.port}` };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
