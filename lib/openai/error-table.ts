import type { AppErrorCode } from "@/lib/errors/app-error";

/**
 * What each failure becomes on the wire, per kind of client. Codex's column is chosen by what Codex does with it:
 * 400 `invalid_prompt` shows our text after one request, where 401, 402 or 403 would be sent six times.
 */
export type ErrorFace = {
  status: number;
  code: string | null;
  type: string;
  /** `retry-after` is sent: the wait that the error names, else the default. */
  retryAfter?: true;
  /** `x-should-retry: false`, for statuses that SDKs would send again by themselves. */
  final?: true;
  /** Codex shows `x-codex-promo-message` and `resets_at` instead of our message. */
  usageLimit?: true;
};

export type ErrorRow = {
  when: string;
  sdk: ErrorFace;
  codex: ErrorFace;
  /** How many requests Codex makes before it gives up. */
  codexRequests: string;
  /** In a stream: the code that Codex takes. Worth waiting: it tries again after the seconds named in the text. */
  codexInStream: "invalid_prompt" | "rate_limit_exceeded" | "context_length_exceeded";
};

const CODEX_TEXT = { status: 400, code: "invalid_prompt", type: "invalid_request_error" } as const;
const CODEX_OVERLOADED = { status: 503, code: "server_is_overloaded", type: "server_error" } as const;
const BUSY = { status: 429, code: "rate_limit_exceeded", type: "rate_limit_exceeded", retryAfter: true } as const;
const QUOTA = { status: 402, code: "insufficient_quota", type: "insufficient_quota" } as const;
const BAD_KEY = { status: 401, code: "invalid_api_key", type: "invalid_request_error" } as const;
const NO_MODEL = { status: 404, code: "model_not_found", type: "invalid_request_error" } as const;
const USAGE_LIMIT = { status: 429, code: "usage_limit_reached", type: "usage_limit_reached", usageLimit: true } as const;

function told(when: string, sdk: ErrorFace): ErrorRow {
  return { when, sdk, codex: CODEX_TEXT, codexRequests: "1", codexInStream: "invalid_prompt" };
}

function same(when: string, face: ErrorFace, codexRequests = "1"): ErrorRow {
  return { when, sdk: face, codex: face, codexRequests, codexInStream: "invalid_prompt" };
}

function busy(when: string): ErrorRow {
  return { when, sdk: BUSY, codex: BUSY, codexRequests: "up to 6", codexInStream: "rate_limit_exceeded" };
}

export const ERROR_TABLE: Readonly<Record<AppErrorCode, ErrorRow>> = {
  wallet_empty: told("no lane is left but the wallet, and it cannot cover the request", QUOTA),
  wallet_busy: busy("the money is there but held by running requests, and waiting did not free it"),
  budget_reached: told("the key's own budget is used up", QUOTA),
  rate_limited: busy("the key's own requests per minute or running requests are at their limit"),
  lanes_exhausted: {
    when: "every lane's usage window is closed",
    sdk: { ...USAGE_LIMIT, retryAfter: true, final: true },
    codex: USAGE_LIMIT,
    codexRequests: "1",
    codexInStream: "invalid_prompt",
  },
  lane_busy: busy("the queue is full, or its deadline has passed, on the only lane"),
  key_invalid: told("the API key is not known", BAD_KEY),
  key_revoked: told("the API key was revoked", BAD_KEY),
  key_expired: same("the API key has expired; Codex runs its auth command again and goes on", BAD_KEY, "2; 6 if no new key comes"),
  ip_not_allowed: told("the API key may not be used from this address", BAD_KEY),
  model_not_allowed: same("the API key may not use this model", NO_MODEL),
  model_not_found: same("the price book has no such model", NO_MODEL),
  lane_cannot: told("no lane has the capability that the request needs", {
    status: 400,
    code: "unsupported_by_lane",
    type: "invalid_request_error",
  }),
  request_invalid: told("the body is not JSON, or a field has the wrong type", { status: 400, code: null, type: "invalid_request_error" }),
  body_too_large: told("the body is too large, packed or unpacked", { status: 413, code: null, type: "invalid_request_error" }),
  encoding_unsupported: told("the body's content-encoding is not one of gzip, deflate, br, zstd", {
    status: 415,
    code: "unsupported_encoding",
    type: "invalid_request_error",
  }),
  upgrade_required: same("a WebSocket was asked for; the API is plain HTTP, to which Codex turns at once", {
    status: 426,
    code: "upgrade_required",
    type: "invalid_request_error",
  }),
  context_too_long: {
    ...same("the provider says that the conversation is too long for the model", {
      status: 400,
      code: "context_length_exceeded",
      type: "invalid_request_error",
    }),
    codexInStream: "context_length_exceeded",
  },
  upstream_unavailable: {
    when: "all lanes failed for now",
    sdk: { status: 503, code: "server_error", type: "server_error", retryAfter: true },
    codex: CODEX_OVERLOADED,
    codexRequests: "5",
    codexInStream: "rate_limit_exceeded",
  },
  paused: told(
    "nothing answers before somebody acts: lanes paused or signed out, the operator's switch, an account that is unconfirmed, under review, refused or suspended",
    {
      status: 403,
      code: "paused",
      type: "permission_error",
    },
  ),
  not_found: told("there is nothing at this address, or it belongs to somebody else", {
    status: 404,
    code: "not_found",
    type: "invalid_request_error",
  }),
  forbidden: told("this is not allowed", { status: 403, code: "forbidden", type: "permission_error" }),
  conflict: told("it was changed in the meantime", { status: 409, code: "conflict", type: "invalid_request_error", final: true }),
  internal: {
    when: "a fault of ours",
    sdk: { status: 500, code: "server_error", type: "server_error" },
    codex: CODEX_OVERLOADED,
    codexRequests: "5",
    codexInStream: "rate_limit_exceeded",
  },
};
