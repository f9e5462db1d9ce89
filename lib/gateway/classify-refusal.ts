import { AppError } from "@/lib/errors/app-error";
import type { GatewayLane, LaneChange } from "@/lib/gateway/ports";
import type { UpstreamError } from "@/lib/metering/tap-type";

/**
 * What an upstream's "no" means for the request: `declined`: this lane cannot answer, another one may; `final`: the request
 * itself is at fault, and every lane would say the same.
 */
export type Refusal = { kind: "declined"; reason: string; error: AppError; change: LaneChange | null } | { kind: "final"; error: AppError };

export type RefusalInput = {
  lane: GatewayLane;
  /** HTTP status; 200 for a failure inside a stream. */
  status: number;
  error: UpstreamError | null;
  retryAfter: string | undefined;
  resetsAtS: number | null;
  now: Date;
};

/** Codes with which upstream blames the request, whatever the status. */
const CONTEXT_CODES = new Set(["context_length_exceeded"]);
const MODEL_CODES = new Set(["model_not_found"]);
const REQUEST_CODES = new Set([
  "invalid_prompt",
  "cyber_policy",
  "bio_policy",
  "content_policy_violation",
  "invalid_image",
  "invalid_image_format",
  "invalid_base64_image",
  "invalid_image_url",
  "image_too_large",
  "image_too_small",
  "image_parse_error",
  "image_content_policy_violation",
  "empty_image_file",
  "failed_to_download_image",
  "unsupported_parameter",
  "unsupported_value",
  "invalid_value",
]);
const LIMIT_CODES = new Set(["usage_limit_reached", "insufficient_quota", "usage_not_included", "billing_hard_limit_reached"]);
/** The request is at fault with these statuses even without a code that we know. */
const REQUEST_STATUSES = new Set([400, 404, 405, 406, 409, 413, 414, 415, 422]);

const COOL_BURST_MS = 5_000;
const COOL_BURST_MAX_MS = 60_000;
const COOL_CREDENTIAL_MS = 60_000;
const COOL_LIMIT_MS = 10 * 60_000;
/** No reported reset is believed beyond this. */
const RESET_HORIZON_MS = 31 * 24 * 3_600_000;

/** The state of the operator's own account is no customer's business: their log says no more than this. */
const PROVIDER_UNAVAILABLE = "provider_unavailable";

export function classifyRefusal(input: RefusalInput): Refusal {
  const code = input.error?.code ?? input.error?.type ?? null;
  const message = publicMessage(input);
  if (code !== null && CONTEXT_CODES.has(code)) return { kind: "final", error: new AppError("context_too_long", message) };
  if (code !== null && MODEL_CODES.has(code)) return { kind: "final", error: new AppError("model_not_found", message, { param: "model" }) };
  if (LIMIT_CODES.has(input.error?.code ?? "") || LIMIT_CODES.has(input.error?.type ?? "")) return exhausted(input, message);
  if (code !== null && REQUEST_CODES.has(code)) return { kind: "final", error: new AppError("request_invalid", message) };
  if (input.status === 401 || input.status === 403) return credentialRefused(input);
  if (input.status === 413) return { kind: "final", error: new AppError("body_too_large", message) };
  if (REQUEST_STATUSES.has(input.status)) return { kind: "final", error: new AppError("request_invalid", message) };
  if (input.status === 429) return cooled(input, "burst_limit", COOL_BURST_MS);
  if (input.status === 402) return exhausted(input, message);
  return cooled(input, input.status === 200 ? `failed:${code ?? "unknown"}` : `status_${input.status}`, COOL_BURST_MS);
}

function exhausted(input: RefusalInput, message: string): Refusal {
  const { lane, now } = input;
  const reason = input.error?.code ?? input.error?.type ?? "limit";
  // The operator's own limit is not the customer's window, and says nothing that the customer may see.
  if (lane.upstream?.operatorKey) return cooled(input, `provider_limit:${reason}`, COOL_BURST_MS);
  const resetMs = input.resetsAtS === null ? COOL_LIMIT_MS : input.resetsAtS * 1000 - now.getTime();
  const until = new Date(now.getTime() + Math.min(Math.max(resetMs, 1000), RESET_HORIZON_MS));
  return {
    kind: "declined",
    reason,
    error: new AppError("lanes_exhausted", `Lane "${lane.label}": ${message}`, {
      resetsAt: until,
      retryAfterS: Math.ceil((until.getTime() - now.getTime()) / 1000),
    }),
    change: { state: "exhausted", reason, until },
  };
}

function credentialRefused({ lane, status, now }: RefusalInput): Refusal {
  const operator = lane.upstream?.operatorKey ?? false;
  return {
    kind: "declined",
    reason: operator ? PROVIDER_UNAVAILABLE : `credential_refused_${status}`,
    error: operator
      ? new AppError("upstream_unavailable", "The wallet's provider is not available right now. Try again shortly.", {
          retryAfterS: 30,
          detail: `credential_refused_${status}`,
        })
      : new AppError(
          "lane_cannot",
          `The upstream refused the key of your lane "${lane.label}" (status ${status}). Replace the key or reorder your lanes.`,
        ),
    change: operator
      ? null
      : { state: "cooling", reason: `credential_refused_${status}`, until: new Date(now.getTime() + COOL_CREDENTIAL_MS) },
  };
}

function cooled(input: RefusalInput, cause: string, defaultMs: number): Refusal {
  const reason = input.lane.upstream?.operatorKey ? PROVIDER_UNAVAILABLE : cause;
  const ms = retryAfterMs(input.retryAfter, input.now) ?? defaultMs;
  const until = new Date(input.now.getTime() + Math.min(Math.max(ms, 1000), COOL_BURST_MAX_MS));
  const retryAfterS = Math.max(1, Math.ceil((until.getTime() - input.now.getTime()) / 1000));
  return {
    kind: "declined",
    reason,
    error: new AppError("upstream_unavailable", "The upstream is overloaded right now. Try again shortly.", {
      retryAfterS,
      detail: cause,
    }),
    change: { state: "cooling", reason, until },
  };
}

/** What upstream says about a request at fault helps the client; names of the operator's own organisation do not. */
function publicMessage({ lane, error, status }: RefusalInput): string {
  const text = error?.message?.slice(0, 1000) || `The upstream refused the request (status ${status}).`;
  return lane.upstream?.operatorKey ? text.replace(/\b(org|proj|user)-[A-Za-z0-9]{6,}\b/g, "$1-…") : text;
}

function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : at - now.getTime();
}
