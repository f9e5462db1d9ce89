import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SIMULATED_HEADER } from "@/lib/http/simulated-header";
import { behaviourInHeader, type Behaviour } from "@/workers/simulator/openai/behaviour";
import { createChatCompletion } from "@/workers/simulator/openai/chat-route";
import { SimulatorControl } from "@/workers/simulator/openai/control";
import { PromptCache } from "@/workers/simulator/openai/count-tokens";
import { createEmbeddings } from "@/workers/simulator/openai/embeddings-route";
import { EncryptedContent } from "@/workers/simulator/openai/encrypted-content";
import { findModel, modelRow, modelRows } from "@/workers/simulator/openai/model-list";
import { asObject } from "@/workers/simulator/openai/read-prompt";
import { RECORDED_REQUESTS_MAX, type RecordedRequest } from "@/workers/simulator/openai/record-request";
import {
  invalidJson,
  invalidRequest,
  keyMissing,
  keyWrong,
  modelNotFound,
  refusal,
  responseNotFound,
  urlNotFound,
} from "@/workers/simulator/openai/refusals";
import { createResponse } from "@/workers/simulator/openai/responses-route";
import { type Answer, refuse, sendAnswer } from "@/workers/simulator/openai/send-answer";
import { StoredResponses } from "@/workers/simulator/openai/stored-responses";
import { parseJson, readWholeBody } from "@/workers/simulator/shared/whole-body";

/**
 * Stands in for the OpenAI API on loopback: offline development, tests, and the benchmark's upstream. Every answer says so in the header
 * `x-switchyard-simulated` and in the model's text. Keys that begin with `sk-bad` are refused; every other key is its own account.
 */
export type OpenaiSimulatorOptions = {
  host?: string;
  /** 0, the default, takes a free one. */
  port?: number;
  /** Whose encrypted reasoning it can read; two simulators of different names stand for two organisations. */
  organisation?: string;
  /** Keep requests with their bodies in `requests`; off for long load runs. */
  record?: boolean;
};

export type OpenaiSimulator = {
  /** Base address, without `/v1`. */
  url: string;
  port: number;
  control: SimulatorControl;
  requests: RecordedRequest[];
  close: () => Promise<void>;
};

const BAD_KEY_PREFIX = "sk-bad";

export async function startOpenaiSimulator(options: OpenaiSimulatorOptions = {}): Promise<OpenaiSimulator> {
  const { host = "127.0.0.1", port = 0, organisation = "org-simulator", record = true } = options;
  const control = new SimulatorControl();
  const requests: RecordedRequest[] = [];
  const state: State = { control, stored: new StoredResponses(), cache: new PromptCache(), encrypted: new EncryptedContent(organisation) };
  const headersForAll = {
    [SIMULATED_HEADER]: "1",
    "openai-organization": organisation,
    "openai-version": "2020-10-01",
    "openai-processing-ms": "1",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999000",
    "set-cookie": "__cf_bm=simulated; path=/; HttpOnly; Secure",
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A client that leaves while it sends is not an error of ours; anything else is a bug, and the test should see it.
      if (request.errored === null) process.emitWarning(error instanceof Error ? error : String(error));
      response.destroy();
    });
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://simulator");
    const seen: RecordedRequest = {
      method: request.method ?? "GET",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.alloc(0),
      json: undefined,
      outcome: "open",
    };
    if (record && requests.push(seen) > RECORDED_REQUESTS_MAX) requests.shift();
    const clientGone = new AbortController();
    response.on("close", () => {
      if (response.writableFinished) seen.outcome = "completed";
      else if (seen.outcome === "open") seen.outcome = "aborted";
      if (seen.outcome !== "completed") clientGone.abort();
      if (seen.outcome === "completed" || seen.outcome === "aborted") control.count(seen.outcome);
    });
    const body = await readWholeBody(request);
    seen.body = body ?? seen.body;
    control.count("started");
    const answer = body === null ? refuse(tooLarge(), {}) : answerRequest(seen, state);
    const headers = { ...headersForAll, "x-request-id": `req_${randomUUID().replaceAll("-", "")}` };
    await sendAnswer(answer, { response, record: seen, control, clientGone: clientGone.signal, headers });
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    control,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

type State = { control: SimulatorControl; stored: StoredResponses; cache: PromptCache; encrypted: EncryptedContent };

function answerRequest(request: RecordedRequest, state: State): Answer {
  const { control } = state;
  const { method } = request;
  const text = request.body.length === 0 ? null : request.body.toString("utf8");
  request.json = text === null ? undefined : parseJson(text);
  const behaviour = control.take(request) ?? behaviourInHeader(request.headers["x-sim-behaviour"]);

  const key = readKey(request);
  if (key === null) return refuse(keyMissing(), behaviour ?? {});
  if (key.startsWith(BAD_KEY_PREFIX)) return refuse(keyWrong(key), behaviour ?? {});
  if (behaviour?.refuse) return refuse(behaviour.refuse, behaviour);

  const path = openaiPath(request.path);
  const [, collection, id, verb] = path.split("/");
  const json = (body: unknown): Answer => ({ kind: "json", status: 200, body, behaviour: behaviour ?? {} });
  const no = (what: Parameters<typeof refuse>[0]): Answer => refuse(what, behaviour ?? {});

  if (method === "GET" && collection === "models") {
    if (id === undefined) return json(modelRows());
    const model = findModel(id);
    return model === null ? no(modelNotFound(id)) : json(modelRow(model));
  }
  if (collection === "responses" && id !== undefined) {
    if (method === "POST" && verb === "cancel") {
      const cancelled = state.stored.cancel(id, key);
      if (cancelled === "not_found") return no(responseNotFound(id));
      return cancelled === "not_cancellable" ? no(invalidRequest("Cannot cancel a synchronous response.")) : json(cancelled);
    }
    if (verb === undefined && method === "GET") {
      const stored = state.stored.read(id, key);
      return stored === null ? no(responseNotFound(id)) : json(stored);
    }
    if (verb === "input_items" && method === "GET") {
      const items = state.stored.readInput(id, key);
      return items === null ? no(responseNotFound(id)) : json({ object: "list", data: items, has_more: false });
    }
    if (verb === undefined && method === "DELETE") {
      return state.stored.delete(id, key) ? json({ id, object: "response", deleted: true }) : no(responseNotFound(id));
    }
  }
  if (method !== "POST" || !POST_PATHS.has(path)) return no(urlNotFound(method, request.path));
  const body = asObject(request.json);
  if (body === null) return no(invalidJson());
  return create(path, body, key, behaviour, state);
}

const POST_PATHS = new Set(["/responses", "/chat/completions", "/embeddings"]);

function create(path: string, body: Record<string, unknown>, key: string, behaviour: Behaviour | null, state: State): Answer {
  const eventsPerStream = state.control.events;
  if (path === "/responses") return createResponse(body, key, behaviour, { ...state, eventsPerStream });
  if (path === "/chat/completions") return createChatCompletion(body, behaviour, { cache: state.cache, eventsPerStream });
  return createEmbeddings(body, behaviour);
}

/** `/v1/…` as OpenAI has it, `/openai/v1/…` and `/openai/deployments/<name>/…` as Azure has it. */
function openaiPath(path: string): string {
  return path.replace(/^\/openai\/deployments\/[^/]+|^(\/openai)?\/v1/, "");
}

/** Bearer, or Azure's `api-key`, which needs `api-version` in the query. */
function readKey({ headers, query }: RecordedRequest): string | null {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const azure = headers["api-key"];
  return typeof azure === "string" && query.has("api-version") ? azure : null;
}

function tooLarge() {
  return refusal(413, { message: "Request body is too large.", type: "invalid_request_error" });
}
