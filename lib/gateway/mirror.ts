import { AppError } from "@/lib/errors/app-error";
import { callUpstream } from "@/lib/gateway/call-upstream";
import { admitOnly } from "@/lib/gateway/place-hold";
import type { GatewayKey, GatewayOptions, GatewayPorts, PaidLane } from "@/lib/gateway/ports";
import { attemptRows, requestRow, type RequestRecord } from "@/lib/gateway/request-record";
import type { Call, Reply } from "@/lib/http/call";
import { clientHeaders, upstreamHeaders } from "@/lib/openai/forward-headers";
import { NO_USAGE } from "@/lib/openai/usage-type";
import { ZERO_USD } from "@/lib/money/micro-usd";

/** Calls under way, so that a process that stops can wait for them, and end those that do not end. */
export type RunningMirrors = Set<{ interrupt(): void; finished: Promise<void> }>;

type MirrorInput = {
  call: Call;
  key: GatewayKey;
  record: RequestRecord;
  ports: GatewayPorts;
  options: Pick<GatewayOptions, "publicUrl" | "streamDeadlineMs">;
  mirrors: RunningMirrors;
  /** Left out: the first lane of the owner's own keys. */
  laneId?: string;
};

/**
 * Every other `/v1/*` path, forwarded to the customer's own key and to no other lane: bodies stream through in both
 * directions, and what it costs is between the customer and that upstream.
 */
export async function mirrorCall(input: MirrorInput): Promise<Reply> {
  const { call, key, record, ports } = input;
  for (const other of key.lanes) {
    const isPaused = other.state === "paused";
    if (other.kind === "wallet" || (other.kind === "api_key" && !isPaused)) continue;
    record.decisions.push({
      laneId: other.id,
      laneKind: other.kind,
      label: other.label,
      decision: "skipped",
      reason: isPaused ? "paused" : "cannot",
      evidence: isPaused ? null : "serves POST /v1/responses and /v1/chat/completions only",
    });
  }
  const lane = chooseLane(key, input);
  if (key.models !== null && call.method === "POST" && input.laneId === undefined) {
    // What model the body names is not read here, so a list of models could not be kept.
    throw new AppError("model_not_allowed", "This API key is limited to certain models, which this address cannot check.", {
      param: "model",
    });
  }
  const refused = await admitOnly({ ports, key, record, laneId: lane.id, options: input.options });
  if (refused) throw refused.error;
  const startedMs = record.startedAt.getTime();
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), input.options.streamDeadlineMs);
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const running = { interrupt: () => abort.abort(), finished };
  input.mirrors.add(running);
  const answer = await callUpstream({
    upstream: lane.upstream,
    method: call.method,
    path: call.path.slice("/v1".length) + call.query,
    headers: { ...upstreamHeaders(call.headers, lane.upstream), ...contentHeaders(call) },
    body: call.method === "GET" || call.method === "HEAD" ? null : call.body,
    signal: AbortSignal.any([call.signal, abort.signal]),
  });
  const status = answer.kind === "answer" ? answer.status : 0;
  record.attempts.push({
    attemptNo: 1,
    lane,
    outcome: answer.kind === "answer" ? "answered" : answer.kind === "not_sent" ? "declined" : "ambiguous",
    reason: answer.kind === "answer" ? null : answer.kind === "aborted" ? "aborted" : answer.code,
    upstreamStatus: status || null,
    upstreamRequestId: answer.kind === "answer" ? String(answer.headers["x-request-id"] ?? "") || null : null,
    offsetMs: 0,
    durationMs: ports.now().getTime() - startedMs,
    queuedMs: null,
    firstByteMs: ports.now().getTime() - startedMs,
    usage: NO_USAGE,
    cost: ZERO_USD,
    providerCost: ZERO_USD,
  });
  record.lane = lane;
  record.firstByteMs = ports.now().getTime() - startedMs;
  record.decisions.push({
    laneId: lane.id,
    laneKind: lane.kind,
    label: lane.label,
    decision: answer.kind === "answer" ? "answered" : "declined",
    reason: null,
    evidence: null,
  });

  const close = async (bytes: number, outcome: RequestRecord["outcome"]) => {
    Object.assign(record, { outcome, replyBytes: bytes, clientGone: call.signal.aborted } satisfies Partial<RequestRecord>);
    clearTimeout(deadline);
    try {
      await ports.settle({
        requestId: record.id,
        keyId: key.keyId,
        userId: key.userId,
        holds: [],
        request: requestRow(record, ports.now()),
        attempts: attemptRows(record),
      });
    } finally {
      input.mirrors.delete(running);
      finish();
    }
  };
  if (answer.kind !== "answer") {
    const error = new AppError("upstream_unavailable", "The upstream cannot be reached right now. Try again shortly.", { retryAfterS: 5 });
    Object.assign(record, { status: 503, errorCode: error.code, errorText: error.message } satisfies Partial<RequestRecord>);
    await close(0, "failed");
    throw new MirroredFailure(error);
  }
  record.status = answer.status;
  return {
    status: answer.status,
    headers: { "x-request-id": record.id, "x-switchyard-lane": lane.kind, ...clientHeaders(answer.headers, lane.upstream) },
    body: passThrough(answer.body, close),
  };
}

/** Already on the request log: whoever answers for it must not write it a second time. */
export class MirroredFailure extends Error {
  constructor(readonly error: AppError) {
    super(error.message);
  }
}

type OwnLane = PaidLane & { upstream: NonNullable<PaidLane["upstream"]> };

/** A lane that its owner has paused sends nothing, whatever the address. */
function chooseLane({ lanes }: GatewayKey, { laneId, options }: Pick<MirrorInput, "laneId" | "options">): OwnLane {
  const own = lanes.filter(
    (entry): entry is OwnLane => entry.kind === "api_key" && entry.upstream !== null && (laneId === undefined || entry.id === laneId),
  );
  const lane = own.find(({ state }) => state !== "paused");
  if (lane) return lane;
  if (own.length > 0) {
    const named = own.map(({ label }) => `Lane "${label}" is paused.`).join(" ");
    throw new AppError("paused", `${named} This address is served by lanes of your own API key only: ${options.publicUrl}/dashboard/lanes`);
  }
  throw new AppError(
    "lane_cannot",
    "This address is served by lanes of your own API key only, and this key has none. The wallet serves /v1/responses and /v1/chat/completions.",
  );
}

function contentHeaders(call: Call): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ["content-type", "content-length", "content-encoding"]) {
    const value = call.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

async function* passThrough(
  body: AsyncIterable<Uint8Array>,
  close: (bytes: number, outcome: RequestRecord["outcome"]) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let isWhole = false;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      yield chunk;
    }
    isWhole = true;
  } finally {
    await close(bytes, isWhole ? "completed" : "interrupted");
  }
}
