import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownerHmac } from "@/lib/crypto/owner-hmac";
import type { LaneDecision } from "@/lib/gateway/plan-lanes";
import { STOCK_CLI_REFUSALS } from "@/lib/turns/stock-cli";
import { type CodexRun, failureText, lastMessage } from "@/tests/contract/harness/codex";
import {
  type Client,
  costAtTestRates,
  type GatewayCall,
  linesOf,
  logOnceWritten,
  type RecordedGateway,
  recordedGateway,
} from "@/tests/contract/harness/gateway-endpoint";
import { codexApproved, codexExec, codexImage, codexResumeLast, codexReview, codexTui } from "@/tests/contract/harness/scenarios";
import { assertResponsesEvent } from "@/tests/contract/harness/schemas";
import { addCodexLane } from "@/tests/factories/codex-lane";
import { readEvents } from "@/tests/factories/exchange";
import { addOwnLane, OWN_SECRET, type RequestLog, walletOf } from "@/tests/factories/gateway";
import { TEST_MASTER_KEY } from "@/tests/factories/provider";
import type { RecordedRequest } from "@/workers/simulator/openai/record-request";

/** What people do with Codex, through the gateway and over a wallet: they get their answer, and the books say the same as the wallet. */
let gateway: RecordedGateway;

beforeAll(async () => {
  gateway = await recordedGateway();
});

afterAll(() => gateway.close());

const CREDIT = 20_000_000n;

type Booked<T> = { result: T; client: Client; calls: GatewayCall[]; rows: RequestLog[] };

/** Does it as a customer of its own, and checks every request of it: what upstream got, what Codex got, the log, and the wallet. */
async function booked<T>(act: (client: Client) => Promise<T>): Promise<Booked<T>> {
  const client = await gateway.client();
  const upstreamBefore = gateway.simulator.requests.length;
  const result = await act(client);
  const calls = gateway.callsOf(client);
  const rows = await logOnceWritten(gateway, client, calls.length);

  expect(rows).toHaveLength(calls.length);
  const charged = rows.reduce((sum, row) => sum + row.cost, 0n);
  expect(await walletOf(gateway.database, client.customer)).toEqual({ available: CREDIT - charged, held: 0n });
  const sent = gateway.simulator.requests.slice(upstreamBefore);
  for (const call of calls.filter(({ status }) => status === 200)) {
    for (const event of readEvents(call.replyBody)) assertResponsesEvent(event);
    const row = rows.find(({ id }) => id === call.replyHeaders["x-request-id"]);
    if (!row) throw new Error("a request without its row");
    expect(row).toMatchObject({ outcome: "completed", laneId: client.customer.walletLaneId, usageEstimated: false, client: "codex" });
    expect(row.outputTokens).toBeGreaterThan(0);
    expect(row.cost).toBe(costAtTestRates(row));
    expectForwarded(call, row, sent);
  }
  return { result, client, calls, rows };
}

/** Upstream got the client's bytes, changed only where the request log says so, and the headers that hold a session together. */
function expectForwarded(call: GatewayCall, row: RequestLog, sent: readonly RecordedRequest[]): void {
  const own = (value: string) => ownerHmac(TEST_MASTER_KEY, row.userId, value);
  let body = call.body.toString();
  const append = (json: string) => {
    body = `${body.slice(0, -1)},${json}}`;
  };
  for (const edit of row.edits as string[]) {
    const [, key, value] = /^Wallet: (\w+) set to (\d+)$/.exec(edit) ?? [];
    if (key !== undefined) append(`"${key}":${value}`);
    else if (edit === "Wallet: safety_identifier set") append(`"safety_identifier":"${own("safety_identifier")}"`);
    else if (edit === "Wallet: prompt_cache_key made the owner's own") {
      body = body.replace(/"prompt_cache_key":"([^"]*)"/, (_, id: string) => `"prompt_cache_key":"${own(id)}"`);
    } else if (edit === "Wallet: web_search taken out: it has no price here") {
      body = body.replace(/,\{"type":"web_search"[^{}]*\}/, "");
    } else throw new Error(`an edit that a stock turn does not need: ${edit}`);
  }
  const upstream = sent.find((request) => request.body.equals(Buffer.from(body)));
  if (!upstream) throw new Error("upstream got other bytes than the client's with the recorded edits");
  const { authorization, host: _host, "content-length": _length, ...headers } = call.headers;
  expect(upstream.headers).toMatchObject(headers);
  expect(upstream.headers.authorization).not.toBe(authorization);
}

function labels(rows: readonly RequestLog[]): string[] {
  return rows.map((row) => [row.requestKind, row.threadSource, row.subagent].filter((label) => label !== null).join(" "));
}

function usageOf(run: CodexRun) {
  return run.events.findLast((event) => event.type === "turn.completed")?.usage;
}

describe("the real Codex CLI through the gateway", () => {
  test.each(["gpt-5.5", "gpt-6.1-sol"])("a %s turn with a tool loop is answered, logged and charged", async (model) => {
    const { result, rows } = await booked(({ endpoint }) => codexExec(endpoint, { model, prompt: "run: echo sum $((20+22))" }));
    expect(result.exitCode).toBe(0);
    expect(lastMessage(result)).toContain("sum 42");
    expect(labels(rows)).toEqual(["turn user", "turn user"]);
    expect(new Set(rows.map((row) => `${row.model} ${row.threadId} ${row.turnId}`)).size).toBe(1);
    // What Codex says it used is what the log says.
    const total = (pick: (row: RequestLog) => number) => rows.reduce((sum, row) => sum + pick(row), 0);
    expect(usageOf(result)).toMatchObject({
      input_tokens: total((row) => row.freshInputTokens + row.cachedInputTokens + row.cacheWriteTokens),
      cached_input_tokens: total((row) => row.cachedInputTokens),
      output_tokens: total((row) => row.outputTokens),
      reasoning_output_tokens: total((row) => row.reasoningTokens),
    });
  });

  test("resume --last goes on where the first turn ended", async () => {
    const { result, rows } = await booked(({ endpoint }) =>
      codexResumeLast(endpoint, { model: "gpt-5.5", prompts: ["say: one", "say: two"] }),
    );
    expect([lastMessage(result.first), lastMessage(result.resumed)]).toEqual(["one", "two"]);
    expect(labels(rows)).toEqual(["turn user", "turn user"]);
    expect(rows[1]?.threadId).toBe(rows[0]?.threadId);
    expect(rows[1]?.cachedInputTokens).toBeGreaterThan(0);
  });

  test("a review is labelled as one", async () => {
    const { result, rows } = await booked(({ endpoint }) => codexReview(endpoint, { model: "gpt-5.5" }));
    expect(lastMessage(result)).toContain("Nothing was reviewed");
    expect(rows.map((row) => row.subagent)).toEqual(["review"]);
  });

  test("a guardian turn is labelled, between the turns that it guards", async () => {
    const { result, rows } = await booked(({ endpoint }) =>
      codexApproved(endpoint, { model: "gpt-5.5", prompt: "escalate: echo allowed" }),
    );
    expect(lastMessage(result)).toContain("Output:\nallowed");
    expect(labels(rows)).toEqual(["turn user", "turn guardian_review guardian", "turn user"]);
  });

  test("an image arrives", async () => {
    const { result } = await booked(({ endpoint }) => codexImage(endpoint, { model: "gpt-5.5", prompt: "what is this?" }));
    expect(lastMessage(result)).toContain("I see 1 image");
  });

  test("a model without a price is refused once, in our words", async () => {
    const { result, calls, rows } = await booked(({ endpoint }) => codexExec(endpoint, { model: "acme-9", prompt: "hi" }));
    expect(result.exitCode).toBe(1);
    expect(failureText(result)).toBe(
      'The model "acme-9" has no price here, so the wallet cannot pay for it. GET /v1/models lists what it can.',
    );
    expect(linesOf(calls)).toEqual(["POST /v1/responses 404"]);
    expect(rows).toMatchObject([{ outcome: "refused", errorCode: "model_not_found", cost: 0n }]);
  });

  test.each(["gpt-5.5", "gpt-6.1-sol"])("two turns, a title, /compact and a turn after it in the interactive %s", async (model) => {
    const { result, rows } = await booked(({ endpoint }) => codexTui(endpoint, { model }));
    expect(result).toContain("third answer");
    expect(labels(rows).toSorted()).toEqual(["compaction user", "turn thread_title", "turn user", "turn user", "turn user"]);
    // All in one folder, but for the title, which Codex asks for without naming any.
    const [project, ...others] = new Set(rows.filter(({ threadSource }) => threadSource === "user").map(({ projectId }) => projectId));
    expect([project, others]).toEqual([expect.stringMatching(/^dir_[0-9a-f]{20}$/), []]);
    expect(rows.find(({ threadSource }) => threadSource === "thread_title")?.projectId).toBeNull();
  });

  test("the lane of an own key, in front, gets Codex's very bytes, and the wallet pays nothing", async () => {
    const client = await gateway.client();
    const laneId = await addOwnLane(gateway, client.customer);
    const run = await codexExec(client.endpoint, { model: "gpt-5.5", prompt: "say: mine" });
    expect(lastMessage(run)).toBe("mine");
    const sent = gateway.ownSimulator.requests.at(-1);
    expect(sent?.headers.authorization).toBe(`Bearer ${OWN_SECRET}`);
    expect(sent?.body).toEqual(gateway.callsOf(client)[0]?.body);
    expect(await logOnceWritten(gateway, client, 1)).toMatchObject([
      { laneId, laneKind: "api_key", cost: 0n, edits: [], outcome: "completed" },
    ]);
    expect(await walletOf(gateway.database, client.customer)).toEqual({ available: CREDIT, held: 0n });
  });

  test("a ChatGPT account in front is passed over for Codex's own requests; the own key answers, and without one the text says why", async () => {
    const client = await gateway.client();
    const account = await addCodexLane(gateway.database, client.customer, { label: "My ChatGPT", address: "http://127.0.0.1:9" });
    const refused = await codexExec(client.endpoint, { model: "gpt-5.5", prompt: "say: mine" });
    expect(failureText(refused)).toMatch(/My ChatGPT.*"Wallet" may take over.*\/dashboard\/keys\//s);
    expect(linesOf(gateway.callsOf(client))).toEqual(["POST /v1/responses 400"]);
    // The lane's page quotes them, so that its owner finds them in the log.
    const [told] = await logOnceWritten(gateway, client, 1);
    expect(STOCK_CLI_REFUSALS).toContain((told?.decisions as LaneDecision[] | undefined)?.[0]?.evidence);
    const laneId = await addOwnLane(gateway, client.customer, { position: 2 });
    const run = await codexExec(client.endpoint, { model: "gpt-5.5", prompt: "say: mine" });
    expect(lastMessage(run)).toBe("mine");
    expect((await logOnceWritten(gateway, client, 2)).at(-1)).toMatchObject({
      laneId,
      spillReason: "cannot",
      decisions: [{ laneId: account.laneId, decision: "skipped", reason: "cannot" }, {}, {}],
    });
  });
});
