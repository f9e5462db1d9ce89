import { describe, expect, test } from "vitest";
import { AppError } from "@/lib/errors/app-error";
import { errorEvents, errorReply } from "@/lib/openai/error-face";
import { ERROR_TABLE } from "@/lib/openai/error-table";
import { SseSplitter } from "@/lib/openai/sse";
import type { AppErrorCode } from "@/lib/errors/app-error";

const CODES = Object.keys(ERROR_TABLE) as AppErrorCode[];
const sdk = { client: "sdk", wire: "responses", requestId: "req_1" } as const;
const codex = { client: "codex", wire: "responses", requestId: "req_1" } as const;

type Body = { error: { message: string; type: string; param: string | null; code: string | null; resets_at?: number } };

function bodyOf(reply: { body: unknown }): Body {
  return JSON.parse(Buffer.from(reply.body as Uint8Array).toString()) as Body;
}

function dataOf(bytes: Buffer): Record<string, unknown> {
  const [event] = new SseSplitter().push(bytes);
  return JSON.parse(event!.data!.toString()) as Record<string, unknown>;
}

/** The published contract: status and code for SDKs, status and code for Codex, the code that Codex takes in a stream. */
const CONTRACT: Record<AppErrorCode, [number, string | null, number, string | null, string]> = {
  wallet_empty: [402, "insufficient_quota", 400, "invalid_prompt", "invalid_prompt"],
  wallet_busy: [429, "rate_limit_exceeded", 429, "rate_limit_exceeded", "rate_limit_exceeded"],
  budget_reached: [402, "insufficient_quota", 400, "invalid_prompt", "invalid_prompt"],
  rate_limited: [429, "rate_limit_exceeded", 429, "rate_limit_exceeded", "rate_limit_exceeded"],
  lanes_exhausted: [429, "usage_limit_reached", 429, "usage_limit_reached", "invalid_prompt"],
  lane_busy: [429, "rate_limit_exceeded", 429, "rate_limit_exceeded", "rate_limit_exceeded"],
  key_invalid: [401, "invalid_api_key", 400, "invalid_prompt", "invalid_prompt"],
  key_revoked: [401, "invalid_api_key", 400, "invalid_prompt", "invalid_prompt"],
  key_expired: [401, "invalid_api_key", 401, "invalid_api_key", "invalid_prompt"],
  ip_not_allowed: [401, "invalid_api_key", 400, "invalid_prompt", "invalid_prompt"],
  model_not_allowed: [404, "model_not_found", 404, "model_not_found", "invalid_prompt"],
  model_not_found: [404, "model_not_found", 404, "model_not_found", "invalid_prompt"],
  lane_cannot: [400, "unsupported_by_lane", 400, "invalid_prompt", "invalid_prompt"],
  request_invalid: [400, null, 400, "invalid_prompt", "invalid_prompt"],
  body_too_large: [413, null, 400, "invalid_prompt", "invalid_prompt"],
  encoding_unsupported: [415, "unsupported_encoding", 400, "invalid_prompt", "invalid_prompt"],
  upgrade_required: [426, "upgrade_required", 426, "upgrade_required", "invalid_prompt"],
  context_too_long: [400, "context_length_exceeded", 400, "context_length_exceeded", "context_length_exceeded"],
  upstream_unavailable: [503, "server_error", 503, "server_is_overloaded", "rate_limit_exceeded"],
  paused: [403, "paused", 400, "invalid_prompt", "invalid_prompt"],
  not_found: [404, "not_found", 400, "invalid_prompt", "invalid_prompt"],
  forbidden: [403, "forbidden", 400, "invalid_prompt", "invalid_prompt"],
  conflict: [409, "conflict", 400, "invalid_prompt", "invalid_prompt"],
  internal: [500, "server_error", 503, "server_is_overloaded", "rate_limit_exceeded"],
};

describe.each(CODES)("%s", (code) => {
  const error = new AppError(code, "Do this: https://gw.example/x.", { detail: "secret detail", param: "model" });
  const [sdkStatus, sdkCode, codexStatus, codexCode, streamCode] = CONTRACT[code];

  test("answers SDKs and Codex as the contract says", () => {
    expect(errorReply(error, sdk).status).toBe(sdkStatus);
    expect(bodyOf(errorReply(error, sdk)).error).toMatchObject({ code: sdkCode, param: "model" });
    expect(errorReply(error, codex).status).toBe(codexStatus);
    expect(bodyOf(errorReply(error, codex)).error.code).toBe(codexCode);
  });

  test("names the request and shows its text, never its detail", () => {
    for (const context of [sdk, codex]) {
      const reply = errorReply(error, context);
      expect(reply.headers["x-request-id"]).toBe("req_1");
      expect(bodyOf(reply).error.message).toContain(code === "internal" ? "req_1" : "https://gw.example/x");
      expect(Buffer.from(reply.body as Uint8Array).toString()).not.toContain("secret");
    }
  });

  test("ends a Responses stream as response.failed", () => {
    const told = { responseId: "resp_9", sequenceNumber: 4, model: "m" };
    expect(dataOf(errorEvents(error, { ...codex, ...told }))).toMatchObject({
      type: "response.failed",
      sequence_number: 4,
      response: { id: "resp_9", status: "failed", model: "m", error: { code: streamCode } },
    });
    const expected = sdkCode ?? "invalid_request_error";
    expect(dataOf(errorEvents(error, { ...sdk, ...told }))).toMatchObject({ response: { error: { code: expected } } });
  });

  test("ends a chat stream with an error and no [DONE]", () => {
    const bytes = errorEvents(error, { ...sdk, wire: "chat" });
    expect(dataOf(bytes)).toMatchObject({ error: { code: sdkCode } });
    expect(bytes.toString()).not.toContain("[DONE]");
  });
});

test("a wait is told in the header, and in a stream in the words that Codex reads", () => {
  const error = new AppError("lane_busy", "Your lane is busy.", { retryAfterS: 12 });
  expect(errorReply(error, sdk).headers["retry-after"]).toBe("12");
  expect(errorReply(error, codex).headers["retry-after"]).toBe("12");
  expect(dataOf(errorEvents(error, codex))).toMatchObject({
    response: { error: { message: "Your lane is busy. Please try again in 12s." } },
  });
});

test("what Codex would wait for carries no retry-after unless waiting helps", () => {
  for (const code of ["wallet_empty", "internal", "upstream_unavailable", "lanes_exhausted"] as const) {
    expect(errorReply(new AppError(code, "x"), codex).headers["retry-after"]).toBeUndefined();
  }
});

test("closed windows say when they open, and stop the SDK's own retries", () => {
  const error = new AppError("lanes_exhausted", "All your lanes are used up.", {
    resetsAt: new Date("2026-11-20T16:36:00.5Z"),
    retryAfterS: 600,
  });
  const forSdk = errorReply(error, sdk);
  expect(forSdk.headers).toMatchObject({ "retry-after": "600", "x-should-retry": "false" });
  expect(bodyOf(forSdk).error.resets_at).toBe(Date.parse("2026-11-20T16:36:01Z") / 1000);
  expect(errorReply(error, codex).headers["x-codex-promo-message"]).toBe("All your lanes are used up");
});

test("a message that no header could hold still makes a valid header", () => {
  const error = new AppError("lanes_exhausted", "Erschöpft.\r\nX-Injected: 1 €");
  expect(errorReply(error, codex).headers["x-codex-promo-message"]).toMatch(/^[\x20-\x7e]+$/);
});
