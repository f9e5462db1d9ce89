import { eq } from "drizzle-orm";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { apiKeys } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { users } from "@/db/schema/users";
import type { AppErrorCode } from "@/lib/errors/app-error";
import { microUsd } from "@/lib/money/micro-usd";
import { ERROR_TABLE } from "@/lib/openai/error-table";
import { failureText } from "@/tests/contract/harness/codex";
import { type Client, expireKey, type RecordedGateway, recordedGateway } from "@/tests/contract/harness/gateway-endpoint";
import { codexExec } from "@/tests/contract/harness/scenarios";
import { send } from "@/tests/factories/exchange";
import { addOwnLane, keyWith, logOf, MODEL, walletOf } from "@/tests/factories/gateway";
import type { Behaviour } from "@/workers/simulator/openai/behaviour";

/**
 * The error contract, every row of it, as the real clients live it: the last text that a person sees in Codex and how many requests it
 * took; the class, status and code of the SDK's error, and whether it tried again. Every row is brought about in the real gateway.
 */
let gateway: RecordedGateway;

beforeAll(async () => {
  gateway = await recordedGateway({ moneyWaitMs: 200 });
});

afterAll(() => gateway.close());

type CodexOptions = Partial<Parameters<typeof codexExec>[1]>;
type Scene = {
  code: AppErrorCode;
  /** A client in the state in which it happens; made once for Codex and once for the SDK. */
  client: () => Promise<Client>;
  /** Null: Codex never asks for it. */
  codex: ({ text: RegExp; requests: number } & { ask?: CodexOptions }) | null;
  sdk: {
    error: new (...args: never[]) => Error;
    code: string | null;
    requests: number;
    param?: string;
    ask?: (sdk: OpenAI) => Promise<unknown>;
  };
};

const RESETS_AT_S = Math.ceil(Date.now() / 1000) + 3_600;

/** What Codex prints in place of texts that it does not show. */
const RETRIES_OVER = /^exceeded retry limit, last status: 429 Too Many Requests, request id: req_/;
const AT_CAPACITY = /^Selected model is at capacity\. Please try a different model\.$/;

const scenes: Scene[] = [
  {
    code: "wallet_empty",
    client: () => gateway.client({ creditUsd: "0.01" }),
    codex: { text: /^Your wallet has \$0\.01 available, .* How to add credit: http:\S+\/dashboard\/wallet$/, requests: 1 },
    sdk: { error: OpenAI.APIError, code: "insufficient_quota", requests: 1 },
  },
  {
    code: "wallet_busy",
    client: async () => {
      const client = await gateway.client({ creditUsd: "1" });
      await occupy(client);
      return client;
    },
    codex: { text: RETRIES_OVER, requests: 6 },
    sdk: { error: OpenAI.RateLimitError, code: "rate_limit_exceeded", requests: 2 },
  },
  {
    code: "budget_reached",
    client: () => gateway.client({ limits: { budgetDay: microUsd(1n) } }),
    codex: {
      text: /^This API key's budget does not cover this request until \d{4}-\S+Z: it needs at least \$\d+\.\d\d\. Change it at http:\S+\/dashboard\/keys\/key_\w+\.$/,
      requests: 1,
    },
    sdk: { error: OpenAI.APIError, code: "insufficient_quota", requests: 1 },
  },
  {
    code: "rate_limited",
    client: async () => {
      const client = await gateway.client({ limits: { concurrencyMax: 1 } });
      await occupy(client);
      return client;
    },
    codex: { text: RETRIES_OVER, requests: 6 },
    sdk: { error: OpenAI.RateLimitError, code: "rate_limit_exceeded", requests: 2 },
  },
  {
    code: "lanes_exhausted",
    client: () => clientWithOwnLaneOnly(),
    codex: {
      text: /^You’ve hit your usage limit\. .*http:\S+\/dashboard\/lanes, or try again at [^.]*\d+:\d\d [AP]M\.$/,
      requests: 1,
      ask: { prompt: usageLimit() },
    },
    sdk: { error: OpenAI.RateLimitError, code: "usage_limit_reached", requests: 1, ask: (sdk) => respond(sdk, { input: usageLimit() }) },
  },
  {
    code: "key_invalid",
    client: async () => {
      const client = await gateway.client();
      const secret = `sk-sy-unknown-${client.customer.keyId}`;
      return { customer: { ...client.customer, secret }, endpoint: { ...client.endpoint, apiKey: secret } };
    },
    codex: { text: /^This API key is not known\. Check it at http:\S+\/dashboard\/keys\.$/, requests: 1 },
    sdk: { error: OpenAI.AuthenticationError, code: "invalid_api_key", requests: 1 },
  },
  {
    code: "key_revoked",
    client: async () => {
      const client = await gateway.client();
      await gateway.database.orm.update(apiKeys).set({ revokedAt: new Date() }).where(eq(apiKeys.id, client.customer.keyId));
      return client;
    },
    codex: { text: /^This API key was revoked\. Make a new one at http:\S+\/dashboard\/keys\.$/, requests: 1 },
    sdk: { error: OpenAI.AuthenticationError, code: "invalid_api_key", requests: 1 },
  },
  {
    code: "key_expired",
    client: async () => {
      const client = await gateway.client();
      await expireKey(gateway, client);
      return client;
    },
    codex: {
      text: /^unexpected status 401 Unauthorized: This API key has expired\. Make a new one at http:\S+\/dashboard\/keys\., url: /,
      requests: 6,
    },
    sdk: { error: OpenAI.AuthenticationError, code: "invalid_api_key", requests: 1 },
  },
  {
    code: "ip_not_allowed",
    client: () => gateway.client({ limits: { ipAllow: ["192.0.2.1"] } }),
    codex: { text: /^This API key may not be used from 127\.0\.0\.1\. Change that at http:\S+\/dashboard\/keys\/key_\w+\.$/, requests: 1 },
    sdk: { error: OpenAI.AuthenticationError, code: "invalid_api_key", requests: 1 },
  },
  {
    code: "model_not_allowed",
    client: () => gateway.client({ limits: { models: ["gpt-6-sol"] } }),
    codex: { text: /^This API key may not use the model "gpt-5\.5"\. It may use: gpt-6-sol\.$/, requests: 1 },
    sdk: { error: OpenAI.NotFoundError, code: "model_not_found", requests: 1, param: "model" },
  },
  {
    code: "model_not_found",
    client: () => gateway.client(),
    codex: { text: /^The model "acme-9" has no price here, .*$/, requests: 1, ask: { model: "acme-9" } },
    sdk: {
      error: OpenAI.NotFoundError,
      code: "model_not_found",
      requests: 1,
      param: "model",
      ask: (sdk) => respond(sdk, { model: "acme-9" }),
    },
  },
  {
    code: "lane_cannot",
    client: () => gateway.client(),
    codex: {
      text: /^No lane can take this request\. service_tier "priority" has no price .*$/,
      requests: 1,
      ask: { args: ["-c", "service_tier=fast"] },
    },
    sdk: {
      error: OpenAI.BadRequestError,
      code: "unsupported_by_lane",
      requests: 1,
      param: "background",
      ask: (sdk) => respond(sdk, { background: true }),
    },
  },
  {
    code: "request_invalid",
    client: () => gateway.client(),
    codex: { text: /^Upstream says no\.$/, requests: 1, ask: { prompt: refused(400, "invalid_value") } },
    sdk: {
      error: OpenAI.BadRequestError,
      code: null,
      requests: 1,
      param: "max_output_tokens",
      ask: (sdk) => respond(sdk, { max_output_tokens: "many" as unknown as number }),
    },
  },
  {
    code: "body_too_large",
    client: () => gateway.client(),
    codex: { text: /^Upstream says no\.$/, requests: 1, ask: { prompt: refused(413) } },
    sdk: { error: OpenAI.APIError, code: null, requests: 1, ask: (sdk) => respond(sdk, { input: "x".repeat(65 * 1024 * 1024) }) },
  },
  {
    code: "encoding_unsupported",
    client: () => gateway.client(),
    codex: {
      text: /^Send the body plain, or with content-encoding gzip, deflate, br or zstd\.$/,
      requests: 1,
      ask: { provider: { http_headers: '{"content-encoding"="compress"}' } },
    },
    sdk: {
      error: OpenAI.APIError,
      code: "unsupported_encoding",
      requests: 1,
      ask: (sdk) => sdk.responses.create({ model: MODEL, input: "hi" }, { headers: { "content-encoding": "compress" } }),
    },
  },
  {
    code: "context_too_long",
    client: () => gateway.client(),
    codex: {
      text: /^Codex ran out of room in the model's context window\./,
      requests: 1,
      ask: { prompt: refused(400, "context_length_exceeded") },
    },
    sdk: {
      error: OpenAI.BadRequestError,
      code: "context_length_exceeded",
      requests: 1,
      ask: (sdk) => respond(sdk, { input: refused(400, "context_length_exceeded") }),
    },
  },
  {
    code: "upstream_unavailable",
    client: () => gateway.client(),
    codex: { text: AT_CAPACITY, requests: 5, ask: { prompt: refused(500) } },
    sdk: { error: OpenAI.InternalServerError, code: "server_error", requests: 2, ask: (sdk) => respond(sdk, { input: refused(500) }) },
  },
  {
    code: "paused",
    client: async () => {
      const client = await gateway.client();
      await gateway.database.orm.update(users).set({ status: "suspended" }).where(eq(users.id, client.customer.userId));
      return client;
    },
    codex: { text: /^This account is suspended\. Ask the operator\.$/, requests: 1 },
    sdk: { error: OpenAI.PermissionDeniedError, code: "paused", requests: 1 },
  },
  {
    code: "not_found",
    client: () => gateway.client(),
    codex: null,
    sdk: { error: OpenAI.NotFoundError, code: "not_found", requests: 1, ask: (sdk) => sdk.responses.retrieve("resp_of_somebody_else") },
  },
  {
    code: "internal",
    client: async () => {
      const client = await clientWithOwnLaneOnly();
      // A sealed key that no longer opens.
      await gateway.database.orm
        .update(lanes)
        .set({ sealedKey: Buffer.alloc(64) })
        .where(eq(lanes.userId, client.customer.userId));
      return client;
    },
    codex: { text: AT_CAPACITY, requests: 5 },
    sdk: { error: OpenAI.InternalServerError, code: "server_error", requests: 2 },
  },
];

/** Said by other parts of the product, or by lanes with a queue; a WebSocket has a test of its own. */
const ELSEWHERE: AppErrorCode[] = ["lane_busy", "forbidden", "conflict", "upgrade_required"];

test("every code of the error table is brought about here", () => {
  expect([...scenes.map((scene) => scene.code), ...ELSEWHERE].toSorted()).toEqual(Object.keys(ERROR_TABLE).toSorted());
});

describe.concurrent("Codex", () => {
  test.for(scenes.flatMap(({ codex, ...scene }) => (codex ? [{ ...scene, codex }] : [])))("is told $code in our words", async (scene) => {
    const client = await scene.client();
    const run = await codexExec(client.endpoint, { model: MODEL, prompt: "hi", ...scene.codex.ask });
    const { codex: face, codexRequests } = ERROR_TABLE[scene.code];
    expect(run.exitCode).toBe(1);
    expect(failureText(run)).toMatch(scene.codex.text);
    expect(codexCalls(client).map((call) => call.status)).toEqual(Array(scene.codex.requests).fill(face.status));
    expect(codexRequests).toContain(String(scene.codex.requests));
    await expectLogged(client, scene.code);
  });
});

describe.concurrent("the SDK", () => {
  test.for(scenes)("throws for $code", async (scene) => {
    const client = await scene.client();
    // One retry of its own shows whether it tries again.
    const sdk = new OpenAI({ baseURL: client.endpoint.baseUrl, apiKey: client.endpoint.apiKey, maxRetries: 1 });
    const error = await (scene.sdk.ask ?? ((asked: OpenAI) => respond(asked, {})))(sdk).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    const { status } = ERROR_TABLE[scene.code].sdk;
    expect(error).toBeInstanceOf(scene.sdk.error);
    expect(error).toMatchObject({
      status,
      code: scene.sdk.code,
      param: scene.sdk.param ?? null,
      requestID: expect.stringMatching(/^req_/) as string,
    });
    expect(sdkCalls(client).map((call) => call.status)).toEqual(Array(scene.sdk.requests).fill(status));
    await expectLogged(client, scene.code);
  });
});

function respond(sdk: OpenAI, body: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>): Promise<unknown> {
  return sdk.responses.create({ model: MODEL, input: "hi", ...body });
}

function codexCalls(client: Client) {
  return gateway.callsOf(client).filter((call) => call.headers["originator"]?.startsWith("codex"));
}

function sdkCalls(client: Client) {
  return gateway.callsOf(client).filter((call) => call.headers["user-agent"]?.startsWith("OpenAI/JS"));
}

/** A key that is refused leaves no row: nobody is known whose log it would be on. */
async function expectLogged(client: Client, code: AppErrorCode): Promise<void> {
  if (code.startsWith("key_") || ["ip_not_allowed", "paused", "internal"].includes(code)) return;
  await eventually(async () => {
    const codes = (await logOf(gateway.database, client.customer)).map((row) => row.errorCode);
    expect(codes).toContain(code);
  });
}

/** A request of this client that holds its money and its place until the end of the file. */
async function occupy(client: Client): Promise<void> {
  const hanging: Behaviour = { hang: "after_headers" };
  void send(gateway.url, client.customer, { body: { model: MODEL, input: inPrompt(hanging), stream: true } }).catch(() => {});
  await eventually(async () => expect((await walletOf(gateway.database, client.customer)).held).toBeGreaterThan(0n));
}

async function clientWithOwnLaneOnly(): Promise<Client> {
  const { customer, endpoint } = await gateway.client();
  const laneId = await addOwnLane(gateway, customer);
  const limited = await keyWith(gateway, customer, { laneIds: [laneId] });
  return { customer: limited, endpoint: { ...endpoint, apiKey: limited.secret } };
}

function refused(status: number, code: string | null = null): string {
  return inPrompt({
    refuse: { status, body: { error: { message: "Upstream says no.", type: "invalid_request_error", param: null, code } } },
  });
}

function usageLimit(): string {
  const error = { type: "usage_limit_reached", message: "The usage limit has been reached", plan_type: "plus", resets_at: RESETS_AT_S };
  return inPrompt({ refuse: { status: 429, body: { error } } });
}

/** So that tests which run side by side script only their own requests. */
function inPrompt(behaviour: Behaviour): string {
  return `[[sim ${JSON.stringify(behaviour)}]]`;
}
