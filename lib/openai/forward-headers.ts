import type { HeaderMap } from "@/lib/http/call";

export type UpstreamTarget = {
  auth: { style: "bearer" | "api_key"; secret: string };
  /** The key belongs to the operator and serves many customers: nothing that names one of them may go up or come back. */
  operatorKey: boolean;
};

type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Client to upstream, on any key. */
const UP = new Set([
  "accept",
  "content-type",
  "openai-beta",
  "originator",
  "session-id",
  "session_id",
  "thread-id",
  "user-agent",
  "x-client-request-id",
  "x-codex-beta-features",
  "x-codex-parent-thread-id",
  "x-codex-turn-metadata",
  "x-codex-turn-state",
  "x-codex-window-id",
  "x-openai-internal-codex-responses-lite",
  "x-openai-subagent",
]);

/** Client to upstream, only on the customer's own key. Any other `x-codex-*` passes as well. */
const UP_OWN_KEY = new Set(["idempotency-key", "openai-organization", "openai-project", "range"]);

/** Upstream to client, on any key. */
const BACK = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-type",
  "openai-processing-ms",
  "openai-version",
  "retry-after",
  "retry-after-ms",
  "x-codex-turn-state",
  "x-models-etag",
  "x-reasoning-included",
]);

/** Upstream to client, only on the customer's own key. `x-codex-*` and `x-ratelimit-*` pass as well. */
const BACK_OWN_KEY = new Set(["accept-ranges", "content-range", "openai-organization", "openai-project", "x-should-retry"]);

/**
 * The headers of an upstream call: an allow-list of the client's, our credential, and no compression, because the
 * stream is read on the way back.
 */
export function upstreamHeaders(client: HeaderMap, target: UpstreamTarget): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in client) {
    if (UP.has(name) || (!target.operatorKey && (UP_OWN_KEY.has(name) || name.startsWith("x-codex-")))) headers[name] = client[name]!;
  }
  headers["accept-encoding"] = "identity";
  if (target.auth.style === "bearer") headers["authorization"] = `Bearer ${target.auth.secret}`;
  else headers["api-key"] = target.auth.secret;
  return headers;
}

/**
 * The headers of an upstream answer that reach the client. `openai-model` never does: Codex takes any difference
 * from the requested slug for a flagged account. The length is left out because bodies may be edited.
 */
export function clientHeaders(upstream: UpstreamHeaders, options: { operatorKey: boolean }): HeaderMap {
  const headers: Record<string, string> = {};
  for (const name in upstream) {
    const value = upstream[name];
    if (value === undefined) continue;
    if (comesBack(name, options)) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

/** Whether an upstream's header, in lower case, may reach the client. */
export function comesBack(name: string, options: { operatorKey: boolean }): boolean {
  if (BACK.has(name)) return true;
  if (options.operatorKey) return false;
  return BACK_OWN_KEY.has(name) || name.startsWith("x-codex-") || name.startsWith("x-ratelimit-");
}
