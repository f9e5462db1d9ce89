import type { DeclinedStep, RefusedStep } from "@/workers/codex-runner/engine/turn-engine";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { TurnError } from "@/workers/codex-runner/app-server/app-server-protocol";

/** What a failed turn means for the lane, read from Codex's own error names. */
export type TurnTrouble = DeclinedStep | RefusedStep | { kind: "incomplete"; reason: "max_output_tokens" | "content_filter" };

const ACCOUNT_LIMIT = "codex";
const FULL_PERCENT = 100;
const MESSAGE_LENGTH_MAX = 500;
const WAIT_S_MAX = 3_600;
/** No connection came about: nothing was asked, so no window can have filled in the middle of it. */
const UNREACHABLE = /\b(proxy connection failed|HTTP CONNECT failed|connection refused|tcp connect error|dns error)\b/i;

/** `limits`: as last reported, for what is full and until when. */
export function judgeTurnError(error: TurnError, limits: ReportedLimits | null, now: Date): TurnTrouble {
  const { name, status } = readInfo(error);
  const text = textOf(error);
  if (isUsageLimit(error)) return usageLimit(text, limits);
  switch (name) {
    case "unauthorized":
      return { ...declined("lost", "signed_out", text), signedOut: true };
    case "contextWindowExceeded":
      return refused("context_too_long", "The conversation is too long for the model's context window.");
    case "modelNotFound":
      return modelMissing(text);
    case "cyberPolicy":
    case "misalignmentPolicyViolation":
    case "inferenceHookDenied":
    case "tooManyDenials":
      return refused("request_invalid", told(text));
    case "rateLimitExceeded":
      return { ...declined("busy", "rate_limited", text), until: waitFrom(text, now) };
    case "serverOverloaded":
    case "policyCapacityUnavailable":
    case "flexUnavailable":
      return declined("busy", "overloaded", text);
    case "internalServerError":
      return declined("busy", "upstream_error", text);
    case "httpConnectionFailed":
    case "responseStreamConnectionFailed":
    case "responseStreamDisconnected":
    case "responseTooManyFailedAttempts":
      return connectionTrouble(status, text, now);
    default:
      return otherTrouble(text);
  }
}

/** `willRetry`: Codex would try again, some of it for ever. The next lane, or a later request, is the better try. */
export function judgeRetry(error: TurnError, limits: ReportedLimits | null, now: Date): DeclinedStep {
  return isUsageLimit(error) ? usageLimit(textOf(error), limits) : connectionTrouble(readInfo(error).status, textOf(error), now);
}

/** Told in the middle of a stream it has no name of its own, and Codex would try again. */
export function isUsageLimit(error: TurnError): boolean {
  return readInfo(error).name === "usageLimitExceeded" || /\busage limit\b/i.test(textOf(error));
}

export function declined(kind: DeclinedStep["class"], reason: string, message: string): DeclinedStep {
  return {
    kind: "declined",
    class: kind,
    reason,
    message: told(message),
    until: null,
    closes: null,
    signedOut: false,
    param: null,
  };
}

function usageLimit(text: string, limits: ReportedLimits | null): DeclinedStep {
  if (/to use codex with your chatgpt plan/i.test(text)) return declined("lost", "plan_without_codex", text);
  const full = (limits?.windows ?? []).filter((window) => window.usedPercent >= FULL_PERCENT);
  const ownIsFull = full.some((window) => window.limitId === ACCOUNT_LIMIT);
  // One model's limit leaves the others open; without evidence the whole account counts as used up.
  const closes = full.length > 0 && !ownIsFull ? "model" : "account";
  const closing = full.filter((window) => closes === "model" || window.limitId === ACCOUNT_LIMIT);
  const resets = closing.flatMap((window) => (window.resetsAt ? [window.resetsAt.getTime()] : []));
  const until = resets.length > 0 ? new Date(Math.max(...resets)) : null;
  return { ...declined("exhausted", "usage_limit", text), until, closes };
}

function connectionTrouble(status: number | null, text: string, now: Date): DeclinedStep {
  if (status === 401) return declined("lost", "unauthorized", text);
  if (status === 402 || status === 403) return declined("lost", "refused_by_openai", text);
  if (status === 429) return { ...declined("busy", "rate_limited", text), until: waitFrom(text, now) };
  if (UNREACHABLE.test(text)) return unreachable();
  return declined("busy", status === null ? "upstream_cut" : "upstream_error", text);
}

/** What Codex says of it is about the proxy of its container, which is nothing to the client. */
function unreachable(): DeclinedStep {
  return declined("busy", "upstream_unreachable", "OpenAI cannot be reached from here right now. Try again shortly.");
}

/** Codex gives everything else one name; what the backend said stands in the text, often as its raw JSON. */
function otherTrouble(text: string): TurnTrouble {
  const incomplete = /^Incomplete response returned, reason: (max_output_tokens|content_filter)/.exec(text)?.[1];
  if (incomplete === "max_output_tokens" || incomplete === "content_filter") return { kind: "incomplete", reason: incomplete };
  const body = readBody(text);
  // Reasoning that another account has sealed: without it the same turn can run.
  if (body?.code === "invalid_encrypted_content") return { ...declined("cannot", body.code, body.message), param: "input" };
  if (body?.code === "model_not_found" || /\bmodel is not supported\b/i.test(body?.message ?? ""))
    return modelMissing(body?.message ?? text);
  if (body) return refused("request_invalid", told(body.message));
  if (UNREACHABLE.test(text)) return unreachable();
  if (/stream disconnected|error sending request|network|timeout|timed out|connection|unexpected status|routing discovery/i.test(text)) {
    return declined("busy", "upstream_cut", text);
  }
  return refused("request_invalid", told(text));
}

/** Another lane, as a key of the API, may well have the model. */
function modelMissing(text: string): DeclinedStep {
  return { ...declined("cannot", "model_not_found", text), param: "model" };
}

function refused(code: RefusedStep["code"], message: string): RefusedStep {
  return { kind: "refused", code, message, param: null };
}

function textOf({ additionalDetails, message }: TurnError): string {
  return additionalDetails ?? message;
}

function readInfo({ codexErrorInfo: info }: TurnError): { name: string; status: number | null } {
  if (info === null || typeof info === "string") return { name: info ?? "other", status: null };
  const [entry] = Object.entries(info);
  const status = entry?.[1]?.httpStatusCode;
  return { name: entry?.[0] ?? "other", status: typeof status === "number" ? status : null };
}

function readBody(text: string): { code: string | null; message: string } | null {
  if (!text.startsWith("{")) return null;
  try {
    const { error, detail } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } | null; detail?: unknown };
    const message = error?.message ?? detail;
    return { code: typeof error?.code === "string" ? error.code : null, message: typeof message === "string" ? message : text };
  } catch {
    return null;
  }
}

function waitFrom(text: string, now: Date): Date | null {
  const seconds = Number(/try again in (\d{1,6}(?:\.\d{1,3})?) ?s/i.exec(text)?.[1]);
  return seconds > 0 ? new Date(now.getTime() + Math.min(seconds, WAIT_S_MAX) * 1000) : null;
}

/** Without the address of OpenAI's backend, which is nothing to the client. */
function told(message: string): string {
  return message.replace(/, url: \S+?(?=,|$)/, "").slice(0, MESSAGE_LENGTH_MAX);
}
