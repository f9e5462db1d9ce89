/**
 * The closed set of failures that a caller can act on. What each becomes on the wire
 * (HTTP status, Codex face, in-stream event) is decided in `lib/openai/error-face.ts`, nowhere else.
 */
export type AppErrorCode =
  | "wallet_empty"
  | "wallet_busy"
  | "budget_reached"
  | "rate_limited"
  | "lanes_exhausted"
  | "lane_busy"
  | "key_invalid"
  | "key_revoked"
  | "key_expired"
  | "ip_not_allowed"
  | "model_not_allowed"
  | "model_not_found"
  | "lane_cannot"
  | "request_invalid"
  | "body_too_large"
  | "encoding_unsupported"
  | "upgrade_required"
  | "context_too_long"
  | "upstream_unavailable"
  | "paused"
  | "not_found"
  | "forbidden"
  | "conflict"
  | "internal";

export type AppErrorOptions = {
  /** For the log only; never sent to a client. */
  detail?: string;
  /** The request field that is at fault, as a path: `tools[0].type`. */
  param?: string;
  /** Whole seconds after which a retry makes sense. */
  retryAfterS?: number;
  /** When the earliest window opens again. */
  resetsAt?: Date;
  cause?: unknown;
};

/** `message` is for the user: short, says what to do, holds the link. */
export class AppError extends Error {
  readonly code: AppErrorCode;
  readonly detail: string | undefined;
  readonly param: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly resetsAt: Date | undefined;

  constructor(code: AppErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.detail = options.detail;
    this.param = options.param;
    this.retryAfterS = options.retryAfterS;
    this.resetsAt = options.resetsAt;
  }
}
