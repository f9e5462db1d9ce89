import { expect, test } from "vitest";
import { judgeRetry, judgeTurnError, type TurnTrouble } from "@/workers/codex-runner/engine/turn-trouble";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { TurnError } from "@/workers/codex-runner/app-server/app-server-protocol";

const NOW = new Date("2026-11-20T12:00:00Z");
const RESET = new Date("2026-11-20T17:00:00Z");
const LATER = new Date("2026-11-22T00:00:00Z");

function error(codexErrorInfo: TurnError["codexErrorInfo"], message = "words"): TurnError {
  return { message, codexErrorInfo, additionalDetails: null };
}

const PROXY_GONE = "URL error: Proxy connection failed: HTTP CONNECT failed with status 502";

function full(...windows: [limitId: string, usedPercent: number, resetsAt: Date | null][]): ReportedLimits {
  const reported = windows.map(([limitId, usedPercent, resetsAt]) => ({
    limitId,
    limitName: null,
    windowMinutes: 300,
    usedPercent,
    resetsAt,
  }));
  return { allowed: false, planType: null, openaiAccountId: null, windows: reported, credits: null };
}

test.each<[string, TurnError, ReportedLimits | null, Partial<TurnTrouble>]>([
  ["no window told", error("usageLimitExceeded"), null, { class: "exhausted", closes: "account", until: null }],
  [
    "the account's window",
    error("usageLimitExceeded"),
    full(["codex", 100, RESET], ["codex", 60, LATER]),
    { closes: "account", until: RESET },
  ],
  ["both windows: the later one", error("usageLimitExceeded"), full(["codex", 100, RESET], ["codex", 100, LATER]), { until: LATER }],
  [
    "a model's own limit",
    error("usageLimitExceeded"),
    full(["codex", 40, RESET], ["other", 100, LATER]),
    { closes: "model", until: LATER },
  ],
  ["both", error("usageLimitExceeded"), full(["codex", 100, RESET], ["other", 100, LATER]), { closes: "account", until: RESET }],
  [
    "a plan without Codex",
    error("usageLimitExceeded", "To use Codex with your ChatGPT plan, upgrade to Plus: https://x."),
    null,
    { class: "lost", closes: null },
  ],
  ["signed out", error("unauthorized"), null, { class: "lost", signedOut: true }],
  ["401 though refreshed", error({ httpConnectionFailed: { httpStatusCode: 401 } }), null, { class: "lost", signedOut: false }],
  ["403", error({ httpConnectionFailed: { httpStatusCode: 403 } }), null, { class: "lost" }],
  ["429", error({ responseTooManyFailedAttempts: { httpStatusCode: 429 } }), null, { class: "busy", reason: "rate_limited" }],
  [
    "a rate that tells its wait",
    error("rateLimitExceeded", "try again in 1.5s"),
    null,
    { class: "busy", until: new Date(NOW.getTime() + 1_500) },
  ],
  ["overload", error("serverOverloaded"), null, { class: "busy", reason: "overloaded" }],
  ["500", error("internalServerError"), null, { class: "busy", reason: "upstream_error" }],
  ["a dead network", error({ responseStreamDisconnected: { httpStatusCode: null } }), null, { class: "busy", reason: "upstream_cut" }],
  ...[error("other", PROXY_GONE), error({ httpConnectionFailed: { httpStatusCode: null } }, PROXY_GONE)].map(
    (failed): [string, TurnError, null, object] => [
      "a way out that leads nowhere",
      failed,
      null,
      { class: "busy", reason: "upstream_unreachable", message: "OpenAI cannot be reached from here right now. Try again shortly." },
    ],
  ),
  ["a cut stream", error("other", "stream disconnected before completion: x"), null, { class: "busy", reason: "upstream_cut" }],
  ["an unknown model", error("modelNotFound"), null, { class: "cannot", param: "model" }],
  [
    "a model without a plan",
    error("other", '{"detail":"The \'x\' model is not supported when using Codex."}'),
    null,
    { class: "cannot", param: "model" },
  ],
  ["too long", error("contextWindowExceeded"), null, { kind: "refused", code: "context_too_long" }],
  ["a policy", error("cyberPolicy", "no"), null, { kind: "refused", code: "request_invalid", message: "no" }],
  [
    "a bad request",
    error("other", '{"error":{"message":"bad","code":"x"}}'),
    null,
    { kind: "refused", code: "request_invalid", message: "bad" },
  ],
  [
    "foreign reasoning",
    error("other", '{"error":{"message":"m","code":"invalid_encrypted_content"}}'),
    null,
    { class: "cannot", reason: "invalid_encrypted_content" },
  ],
  [
    "the model's own limit of length",
    error("other", "Incomplete response returned, reason: max_output_tokens"),
    null,
    { kind: "incomplete", reason: "max_output_tokens" },
  ],
  [
    "a filter",
    error("other", "Incomplete response returned, reason: content_filter"),
    null,
    { kind: "incomplete", reason: "content_filter" },
  ],
  ["a name that is new", error({ somethingNew: null }, "bad words"), null, { kind: "refused", code: "request_invalid" }],
])("%s", (_name, failed, limits, expected) => {
  expect(judgeTurnError(failed, limits, NOW)).toMatchObject(expected);
});

test("the address of OpenAI's backend does not reach the client", () => {
  const text = "unexpected status 403 Forbidden: no, url: https://chatgpt.com/backend-api/codex/responses, request id: r1";
  expect(judgeTurnError(error({ httpConnectionFailed: { httpStatusCode: 403 } }, text), null, NOW)).toMatchObject({
    message: "unexpected status 403 Forbidden: no, request id: r1",
  });
});

test("what Codex would try again is declined in the class of its status", () => {
  const retrying = (httpStatusCode: number | null): TurnError =>
    error({ responseStreamDisconnected: { httpStatusCode } }, "Reconnecting... 1/5");
  expect([401, 429, 503, null].map((status) => judgeRetry(retrying(status), null, NOW).class)).toEqual(["lost", "busy", "busy", "busy"]);
});

test("a window that fills in the middle of a stream is known by its words", () => {
  const details = "stream disconnected before completion: The usage limit has been reached";
  const cut = { ...error({ responseStreamDisconnected: { httpStatusCode: null } }, "Reconnecting... 1/5"), additionalDetails: details };
  expect(judgeRetry(cut, full(["codex", 100, RESET]), NOW)).toMatchObject({ class: "exhausted", closes: "account", until: RESET });
});
