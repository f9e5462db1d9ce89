import { afterEach, beforeEach, expect, test } from "vitest";
import { endOfTurn, openTurn } from "@/tests/factories/serve-turns";
import { type ScriptedAppServer, startScriptedAppServer } from "@/tests/factories/scripted-app-server";
import { AppServerRefusal, type AppServer } from "@/workers/codex-runner/app-server/app-server";
import { awaitLogin, startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";

let codex: ScriptedAppServer;
let server: AppServer;

beforeEach(async () => {
  codex = await startScriptedAppServer();
  server = await codex.open();
});

afterEach(async () => {
  server.close();
  await codex.close();
});

const BODY = { model: "gpt-5.5", input: "hi", stream: true };

function inTurn(method: string, params: object): object {
  return { method, params: { threadId: "thread", turnId: "turn", ...params } };
}

const turnStarted = (): Promise<unknown> => codex.until(({ method }) => method === "turn/start");

test("it introduces itself before anything else", async () => {
  await codex.until(({ method }) => method === "initialized");
  expect(codex.received.map(({ method }) => method)).toEqual(["initialize", "initialized"]);
});

test("a server that never answers is given up", async () => {
  codex.answers["initialize"] = null;
  await expect(codex.open({ connectTimeoutMs: 20 })).rejects.toBeInstanceOf(ConnectionLost);
});

test("a refused request tells the server's words", async () => {
  codex.answers["account/logout"] = null;
  const asked = Promise.allSettled([server.request("account/logout", undefined)]);
  const { id } = await codex.until(({ method }) => method === "account/logout");
  codex.tell({ id, error: { code: -32600, message: "no" } });
  const [refused] = await asked;
  expect(refused).toMatchObject({ status: "rejected", reason: { name: AppServerRefusal.name, message: "no", code: -32600 } });
});

test("questions to a person are refused, and calls of tools are left open", async () => {
  codex.tell({ id: 7, method: "item/tool/call", params: {} });
  codex.tell({ id: 8, method: "item/commandExecution/requestApproval", params: {} });
  expect(await codex.until(({ id, error }) => id === 8 && error !== undefined)).toMatchObject({ error: { code: -32601 } });
  expect(codex.received.some(({ id, method }) => id === 7 && method === undefined)).toBe(false);
});

test("what is not JSON ends the connection, and everybody who waits is told", async () => {
  codex.answers["account/logout"] = null;
  const waiting = Promise.allSettled([server.request("account/logout", undefined)]);
  codex.tellRaw("{");
  expect(await waiting).toMatchObject([{ status: "rejected", reason: expect.any(ConnectionLost) }]);
  await expect(server.closed).resolves.toBeInstanceOf(ConnectionLost);
});

test("closing it ourselves is no failure", async () => {
  server.close();
  await expect(server.closed).resolves.toBeNull();
  await expect(server.request("account/logout", undefined)).rejects.toBeInstanceOf(ConnectionLost);
});

test("a login that completes before its own answer was read is not missed", async () => {
  codex.answers["account/login/start"] = null;
  const starting = startDeviceLogin(server);
  const { id } = await codex.until(({ method }) => method === "account/login/start");
  codex.tell({ method: "account/login/completed", params: { loginId: "login", success: true, error: null } });
  codex.tell({ id, result: { type: "chatgptDeviceCode", loginId: "login", verificationUrl: "u", userCode: "c" } });
  await expect(awaitLogin(await starting, new AbortController().signal)).resolves.toEqual({ kind: "signed_in" });
});

test("a login ends with its connection", async () => {
  codex.answers["account/login/start"] = { type: "chatgptDeviceCode", loginId: "login", verificationUrl: "u", userCode: "c" };
  const login = await startDeviceLogin(server);
  codex.drop();
  await expect(awaitLogin(login, new AbortController().signal)).resolves.toEqual({ kind: "lost" });
});

test("summaries of reasoning are streamed in their parts", async () => {
  const turn = endOfTurn(openTurn(server, "responses", { ...BODY, reasoning: { summary: "auto" } }));
  expect(await turnStarted()).toMatchObject({ params: { summary: "auto", input: [] } });
  codex.tell(inTurn("item/started", { item: { type: "reasoning", id: "rs_1" } }));
  codex.tell(inTurn("item/reasoning/summaryTextDelta", { itemId: "rs_1", summaryIndex: 0, delta: "think" }));
  codex.tell(
    inTurn("rawResponseItem/completed", { item: { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "think" }] } }),
  );
  codex.tell(inTurn("turn/completed", { turn: { id: "turn", status: "completed", error: null } }));
  const { text } = await turn;
  expect(text).toContain('"type":"response.reasoning_summary_text.delta","sequence_number":4,"item_id":"rs_1"');
  expect(text).toContain('"summary":[{"type":"summary_text","text":"think"}]');
});

test("what another turn says is not heard", async () => {
  const turn = endOfTurn(openTurn(server, "chat", { ...BODY, input: undefined, messages: [{ role: "user", content: "x" }] }));
  await turnStarted();
  const call = { type: "function_call", call_id: "c", name: "fn_f", arguments: "{}" };
  codex.tell({ method: "rawResponseItem/completed", params: { threadId: "thread", turnId: "auto-compact-0", item: call } });
  codex.tell(inTurn("item/agentMessage/delta", { itemId: "m", delta: "mine" }));
  codex.tell(inTurn("turn/completed", { turn: { id: "turn", status: "completed", error: null } }));
  const { text } = await turn;
  expect(text).toContain('"content":"mine"');
  expect(text).not.toContain("tool_calls");
});

test("a first sign of trying again before content is a decline, and the turn is interrupted", async () => {
  const turn = endOfTurn(openTurn(server, "responses", BODY));
  await turnStarted();
  const error = {
    message: "Reconnecting... 1/5",
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: null } },
    additionalDetails: "cut",
  };
  codex.tell(inTurn("error", { error, willRetry: true }));
  expect((await turn).steps).toMatchObject([{ kind: "declined", class: "busy", reason: "upstream_cut" }]);
  await codex.until(({ method }) => method === "turn/interrupt");
  await codex.until(({ method }) => method === "thread/unsubscribe");
});

test("reasoning without a summary opens no answer: a failure behind it is still a decline", async () => {
  const turn = endOfTurn(openTurn(server, "responses", BODY));
  await turnStarted();
  codex.tell(inTurn("rawResponseItem/completed", { item: { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" } }));
  const error = { message: "capacity", codexErrorInfo: "serverOverloaded", additionalDetails: null };
  codex.tell(inTurn("turn/completed", { turn: { id: "turn", status: "failed", error } }));
  expect((await turn).steps).toMatchObject([{ kind: "declined", reason: "overloaded" }]);
});

test("the calls of tools wait until the response is complete, then come with its usage", async () => {
  const tools = [{ type: "function", name: "f" }];
  const turn = endOfTurn(openTurn(server, "responses", { ...BODY, stream: false, tools }));
  await turnStarted();
  const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "fn_f", arguments: "{}" };
  codex.tell(inTurn("rawResponseItem/completed", { item: call }));
  codex.tell({ id: 0, method: "item/tool/call", params: { threadId: "thread", turnId: "turn", callId: "c1", tool: "fn_f" } });
  codex.tell(inTurn("rawResponseItem/completed", { item: { ...call, id: "fc_2", call_id: "c2" } }));
  const usage = { inputTokens: 10, cachedInputTokens: 4, cacheWriteInputTokens: 1, outputTokens: 3, reasoningOutputTokens: 2 };
  codex.tell(inTurn("rawResponse/completed", { responseId: "r", usage }));
  await codex.until(({ method }) => method === "turn/interrupt");
  expect(JSON.parse((await turn).text)).toMatchObject({
    output: [{ call_id: "c1", name: "f" }, { call_id: "c2" }],
    usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3 },
  });
});

test("an item that Codex refuses is the request's own fault", async () => {
  codex.answers["thread/inject_items"] = null;
  const turn = endOfTurn(openTurn(server, "responses", BODY));
  const { id } = await codex.until(({ method }) => method === "thread/inject_items");
  codex.tell({ id, error: { code: -32600, message: "bad item" } });
  expect((await turn).steps).toMatchObject([{ kind: "refused", code: "request_invalid", message: "bad item" }]);
});

test("a turn that is aborted while it starts is interrupted as soon as its id is known", async () => {
  codex.answers["turn/start"] = null;
  const leaves = new AbortController();
  const turn = endOfTurn(openTurn(server, "responses", BODY, { signal: leaves.signal }));
  const { id } = (await turnStarted()) as { id: number };
  leaves.abort();
  codex.tell({ id, result: { turn: { id: "turn" } } });
  expect((await turn).steps).toEqual([]);
  await codex.until(({ method }) => method === "turn/interrupt");
});
