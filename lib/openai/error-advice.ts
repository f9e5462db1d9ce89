import type { AppErrorCode } from "@/lib/errors/app-error";

/** What the one who was refused can do about it; the message of the error itself says it for the case at hand. */
export const ERROR_ADVICE: Readonly<Record<AppErrorCode, string>> = {
  wallet_empty: "Add credit, ask for a shorter answer with max_output_tokens, or put another lane before the wallet.",
  wallet_busy: "Wait for the seconds of retry-after, until running requests give back what they hold.",
  budget_reached: "Raise the key's budget, or wait until its day, week or month is over.",
  rate_limited: "Wait for the seconds of retry-after, or raise the key's limits.",
  lanes_exhausted: "Wait for the reset that resets_at names, or add a lane.",
  lane_busy: "Wait for the seconds of retry-after, or add a lane.",
  key_invalid: "Look at the key that is sent. In Codex, think of a daemon that still holds an older one.",
  key_revoked: "Make a new key.",
  key_expired: "Make a new key, or move the end of this one.",
  ip_not_allowed: "Send from an address on the key's list, or change the list.",
  model_not_allowed: "Take a model that GET /v1/models lists for this key, or allow more models.",
  model_not_found: "Take a model that GET /v1/models lists.",
  lane_cannot: "Leave out the field that param names, or add a lane that can do it.",
  request_invalid: "Correct the field that param names.",
  body_too_large: "Send less: fewer or smaller images, or a shorter conversation.",
  encoding_unsupported: "Send the body plain, or as gzip, deflate, br or zstd.",
  upgrade_required: "Send plain HTTP.",
  context_too_long: "Begin a new conversation, or compact this one.",
  upstream_unavailable: "Send it again after the seconds of retry-after, and look at the status page.",
  paused: "The message says who has to act, and where.",
  not_found: "Look at the address and at the id in it.",
  forbidden: "Ask somebody who may.",
  conflict: "Read again what is there now, and decide anew.",
  internal: "Send it again; if it stays, report the request id.",
};
