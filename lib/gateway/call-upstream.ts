import { AppError } from "@/lib/errors/app-error";
import type { AnswerBody, Upstream } from "@/lib/gateway/ports";

export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type UpstreamAnswer =
  | { kind: "answer"; status: number; headers: UpstreamHeaders; body: AnswerBody }
  /** The request never left: any other lane may take it. */
  | { kind: "not_sent"; code: string }
  /** It may have been read and may cost money: no paid lane takes it by itself. */
  | { kind: "ambiguous"; code: string }
  | { kind: "aborted" };

const ADDRESS_NOT_ALLOWED = "address_not_allowed";

/** Set on every call that leaves, refused on every call that arrives: a lane that leads back here would go round for ever. */
export const HOP_HEADER = "x-switchyard-hop";

/** Failures that happen before the first byte of a request can have reached anybody. */
const NOT_SENT_CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  ADDRESS_NOT_ALLOWED,
]);

export async function callUpstream(input: {
  upstream: Upstream;
  method: string;
  /** Behind the base URL, with its leading slash and query. */
  path: string;
  headers: Record<string, string>;
  body: Buffer | AsyncIterable<Uint8Array> | null;
  signal: AbortSignal;
}): Promise<UpstreamAnswer> {
  const base = new URL(input.upstream.baseUrl);
  try {
    const answer = await input.upstream.dispatcher.request({
      origin: base.origin,
      path: withApiVersion(base.pathname.replace(/\/$/, "") + input.path, input.upstream.apiVersion),
      method: input.method,
      headers: { ...input.headers, [HOP_HEADER]: "1" },
      body: input.body as Buffer | null,
      signal: input.signal,
      // Deadlines are the gateway's own: the client's default of five minutes would cut long turns.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { kind: "answer", status: answer.statusCode, headers: answer.headers, body: answer.body };
  } catch (error) {
    if (input.signal.aborted) return { kind: "aborted" };
    return { kind: wasNotSent(error) ? "not_sent" : "ambiguous", code: errorCode(error) };
  }
}

export function wasNotSent(error: unknown): boolean {
  return NOT_SENT_CODES.has(errorCode(error));
}

function withApiVersion(path: string, apiVersion: string | null): string {
  if (apiVersion === null) return path;
  return `${path}${path.includes("?") ? "&" : "?"}api-version=${encodeURIComponent(apiVersion)}`;
}

function errorCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const code = (at as { code?: unknown }).code;
    // The guarded agent refuses an address when it connects.
    if (at instanceof AppError) return ADDRESS_NOT_ALLOWED;
    if (typeof code === "string") return code;
    if (at instanceof AggregateError && at.errors.length > 0) return errorCode(at.errors[0]);
  }
  return "unknown";
}
