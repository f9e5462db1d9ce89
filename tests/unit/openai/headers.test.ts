import { expect, test } from "vitest";
import { clientKind } from "@/lib/openai/client-kind";
import { readCodexLabels } from "@/lib/openai/codex-metadata";
import { clientHeaders, upstreamHeaders } from "@/lib/openai/forward-headers";
import { modelReply, modelsReply } from "@/lib/openai/models-reply";

const fromClient = {
  authorization: "Bearer sk-client",
  "api-key": "client",
  cookie: "a=b",
  host: "gw.example",
  "content-length": "10",
  "content-encoding": "zstd",
  "accept-encoding": "gzip",
  "x-forwarded-for": "203.0.113.9",
  "content-type": "application/json",
  "session-id": "s",
  "thread-id": "t",
  "x-codex-turn-state": "state",
  "x-codex-window-id": "t:0",
  "x-codex-installation-id": "a customer's machine",
  "x-openai-internal-codex-responses-lite": "true",
  originator: "codex_exec",
  "openai-organization": "org-client",
  "openai-project": "proj",
  "idempotency-key": "idem",
};

test("what goes up on the operator's key is our credential and the session, nothing that names the client's account", () => {
  const headers = upstreamHeaders(fromClient, { auth: { style: "bearer", secret: "sk-up" }, operatorKey: true });
  expect(headers).toEqual({
    authorization: "Bearer sk-up",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "session-id": "s",
    "thread-id": "t",
    "x-codex-turn-state": "state",
    "x-codex-window-id": "t:0",
    "x-openai-internal-codex-responses-lite": "true",
    originator: "codex_exec",
  });
});

test("on the customer's own key their organisation goes up too; Azure takes the key in its own header", () => {
  const headers = upstreamHeaders(fromClient, { auth: { style: "api_key", secret: "az" }, operatorKey: false });
  expect(headers).toMatchObject({ "api-key": "az", "openai-organization": "org-client", "idempotency-key": "idem" });
  expect(headers["x-codex-installation-id"]).toBe("a customer's machine");
  expect(headers["authorization"]).toBeUndefined();
});

const fromUpstream = {
  "content-type": "text/event-stream",
  "content-length": "10",
  "set-cookie": ["a=b"],
  "openai-model": "gpt-x",
  "openai-organization": "org-operator",
  "x-ratelimit-remaining-tokens": "9",
  "x-codex-primary-used-percent": "50",
  "x-codex-turn-state": "state",
  "x-request-id": "req_up",
  "transfer-encoding": "chunked",
};

test("what comes back from the operator's key tells nothing of the operator", () => {
  expect(clientHeaders(fromUpstream, { operatorKey: true })).toEqual({
    "content-type": "text/event-stream",
    "x-codex-turn-state": "state",
  });
});

test("what comes back from the customer's own key includes their limits, and never openai-model", () => {
  const headers = clientHeaders(fromUpstream, { operatorKey: false });
  expect(headers).toMatchObject({ "x-ratelimit-remaining-tokens": "9", "x-codex-primary-used-percent": "50" });
  for (const name of ["openai-model", "set-cookie", "x-request-id", "transfer-encoding", "content-length"])
    expect(headers[name]).toBeUndefined();
});

test("Codex is known by originator or user agent, in any case", () => {
  expect(clientKind({ originator: "codex-tui" })).toBe("codex");
  expect(clientKind({ "user-agent": "Codex_Exec/0.169.0" })).toBe("codex");
  expect(clientKind({ "user-agent": "OpenAI/JS 6.49.0" })).toBe("sdk");
  expect(clientKind({})).toBe("sdk");
});

test("labels come from the turn metadata, else from the session headers", () => {
  const metadata = JSON.stringify({
    thread_id: "t1",
    turn_id: "u1",
    request_kind: "compaction",
    thread_source: "thread_title",
    session_id: "s1",
  });
  expect(readCodexLabels({ "x-codex-turn-metadata": metadata, "x-openai-subagent": "review", originator: "codex_exec" })).toEqual({
    threadId: "t1",
    turnId: "u1",
    sessionId: "s1",
    requestKind: "compaction",
    threadSource: "thread_title",
    subagent: "review",
    originator: "codex_exec",
  });
  expect(readCodexLabels({ "thread-id": "t2", "session-id": "s2" })).toMatchObject({ threadId: "t2", sessionId: "s2", turnId: null });
});

test("labels are cut, cleaned of control characters, and never an error", () => {
  const metadata = JSON.stringify({ thread_id: `a\u0000\u001b[31m\n${"x".repeat(500)}`, turn_id: 7, request_kind: "\n" });
  const labels = readCodexLabels({ "x-codex-turn-metadata": metadata });
  expect(labels.threadId).toMatch(/^a\[31mx+$/);
  expect(labels.threadId).toHaveLength(128);
  expect(labels).toMatchObject({ turnId: null, requestKind: null });
  for (const broken of ["{", "null", "[1]", "7", "x".repeat(100_000)])
    expect(readCodexLabels({ "x-codex-turn-metadata": broken }).turnId).toBeNull();
});

test("the model list serves SDKs and Codex in one body, and its ETag follows its content", () => {
  const models = [
    { slug: "gpt-5.5", created: 5 },
    { slug: "own", created: 6 },
  ];
  const reply = modelsReply(models, [{ slug: "gpt-5.5", display_name: "x" }, { slug: "not-allowed" }, null]);
  expect(JSON.parse(reply.body.toString())).toEqual({
    object: "list",
    data: [
      { id: "gpt-5.5", object: "model", created: 5, owned_by: "system" },
      { id: "own", object: "model", created: 6, owned_by: "system" },
    ],
    models: [{ slug: "gpt-5.5", display_name: "x" }],
  });
  expect(reply.etag).toMatch(/^"[\w-]+"$/);
  expect(modelsReply(models, []).etag).not.toBe(reply.etag);
  expect(JSON.parse(modelReply("own", 6).body.toString())).toMatchObject({ id: "own", object: "model" });
});
