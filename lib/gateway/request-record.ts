import type { LaneDecision } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayLane, SpillReason } from "@/lib/gateway/ports";
import type { ClientKind } from "@/lib/openai/client-kind";
import type { CodexLabels } from "@/lib/openai/codex-metadata";
import { NO_USAGE, type Usage } from "@/lib/openai/usage-type";
import type { MicroUsd } from "@/lib/money/micro-usd";

export type RequestOutcome = "completed" | "incomplete" | "failed" | "refused" | "interrupted";
export type AttemptOutcome = "answered" | "declined" | "failed" | "ambiguous";

export type AttemptRecord = {
  attemptNo: number;
  lane: GatewayLane;
  outcome: AttemptOutcome;
  reason: string | null;
  upstreamStatus: number | null;
  upstreamRequestId: string | null;
  offsetMs: number;
  durationMs: number;
  /** In line for a Codex lane; null: it never stood in one. */
  queuedMs: number | null;
  firstByteMs: number | null;
  usage: Usage;
  cost: MicroUsd;
  providerCost: MicroUsd;
};

/** What is known of one request, growing while it runs; `requestRow` turns it into the log's columns. */
export type RequestRecord = {
  id: string;
  startedAt: Date;
  key: Pick<GatewayKey, "keyId" | "userId">;
  method: string;
  path: string;
  model: string | null;
  stream: boolean;
  client: ClientKind;
  clientAddress: string | null;
  labels: CodexLabels;
  /** Hashed: the folder itself is nowhere. */
  projectId: string | null;
  requestBytes: number;
  outcome: RequestOutcome;
  status: number;
  errorCode: string | null;
  errorText: string | null;
  lane: GatewayLane | null;
  /** Why a paid lane took it from the Codex lanes above. */
  spillReason: SpillReason | null;
  servedModel: string | null;
  usage: Usage;
  webSearchCalls: number;
  usageEstimated: boolean;
  usageFlags: readonly string[];
  usageRaw: unknown;
  holdId: string | null;
  holdAmount: MicroUsd | null;
  priceId: string | null;
  costOnWallet: MicroUsd | null;
  firstByteMs: number | null;
  firstContentMs: number | null;
  replyBytes: number;
  clientGone: boolean;
  decisions: LaneDecision[];
  edits: string[];
  attempts: AttemptRecord[];
};

const ERROR_TEXT_MAX = 1000;

export function newRecord(
  known: Pick<RequestRecord, "id" | "startedAt" | "key" | "method" | "path" | "client" | "clientAddress" | "labels" | "requestBytes">,
): RequestRecord {
  // Written out: a spread makes the engine build such a wide object step by step, for every request.
  return {
    id: known.id,
    startedAt: known.startedAt,
    key: known.key,
    method: known.method,
    path: known.path,
    model: null,
    stream: false,
    client: known.client,
    clientAddress: known.clientAddress,
    labels: known.labels,
    projectId: null,
    requestBytes: known.requestBytes,
    outcome: "refused",
    status: 0,
    errorCode: null,
    errorText: null,
    lane: null,
    spillReason: null,
    servedModel: null,
    usage: NO_USAGE,
    webSearchCalls: 0,
    usageEstimated: false,
    usageFlags: [],
    usageRaw: null,
    holdId: null,
    holdAmount: null,
    priceId: null,
    costOnWallet: null,
    firstByteMs: null,
    firstContentMs: null,
    replyBytes: 0,
    clientGone: false,
    decisions: [],
    edits: [],
    attempts: [],
  };
}

/** Columns of `requests`. What is not known is undefined and so not sent: a third of them, on most requests. */
export function requestRow(record: RequestRecord, endedAt: Date): Record<string, unknown> {
  const { labels, usage } = record;
  return {
    id: record.id,
    started_at: record.startedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    user_id: record.key.userId,
    key_id: record.key.keyId,
    lane_id: record.lane?.id,
    lane_kind: record.lane?.kind,
    provider_id: record.lane?.upstream?.providerId ?? undefined,
    method: record.method,
    path: clean(record.path, 256),
    model: loggedModel(record) ?? undefined,
    served_model: clean(record.servedModel),
    stream: record.stream,
    outcome: record.outcome,
    status: record.status,
    error_code: record.errorCode ?? undefined,
    error_text: clean(record.errorText, ERROR_TEXT_MAX),
    client: record.client,
    client_address: record.clientAddress ?? undefined,
    request_kind: labels.requestKind ?? undefined,
    thread_source: labels.threadSource ?? undefined,
    thread_id: labels.threadId ?? undefined,
    turn_id: labels.turnId ?? undefined,
    project_id: record.projectId ?? undefined,
    subagent: labels.subagent ?? undefined,
    fresh_input_tokens: usage.freshInputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    web_search_calls: record.webSearchCalls,
    usage_estimated: record.usageEstimated,
    usage_flags: record.usageFlags,
    usage_raw: record.usageRaw ?? undefined,
    hold_id: record.holdId ?? undefined,
    hold_amount: record.holdAmount ?? undefined,
    price_id: record.priceId ?? undefined,
    // What all its attempts were charged, so that the log and the ledger can never tell two stories.
    cost: record.attempts.reduce((sum, attempt) => sum + attempt.cost, 0n),
    cost_on_wallet: record.costOnWallet ?? undefined,
    first_byte_ms: record.firstByteMs ?? undefined,
    first_content_ms: record.firstContentMs ?? undefined,
    duration_ms: Math.max(0, endedAt.getTime() - record.startedAt.getTime()),
    request_bytes: record.requestBytes,
    reply_bytes: record.replyBytes,
    client_gone: record.clientGone,
    decisions: record.decisions,
    edits: record.edits,
    queued_ms: queuedMs(record) ?? undefined,
    spill_reason: record.spillReason ?? undefined,
  };
}

/** The model that was asked for, as the log has it. */
export function loggedModel({ model }: Pick<RequestRecord, "model">): string | null {
  return clean(model) ?? null;
}

/** Columns of `attempts`, with the same meaning of undefined. */
export function attemptRows(record: RequestRecord): Record<string, unknown>[] {
  return record.attempts.map((attempt) => ({
    request_id: record.id,
    attempt_no: attempt.attemptNo,
    started_at: record.startedAt.toISOString(),
    lane_id: attempt.lane.id,
    lane_kind: attempt.lane.kind,
    provider_id: attempt.lane.upstream?.providerId ?? undefined,
    outcome: attempt.outcome,
    reason: clean(attempt.reason, ERROR_TEXT_MAX),
    upstream_status: attempt.upstreamStatus ?? undefined,
    upstream_request_id: clean(attempt.upstreamRequestId),
    offset_ms: attempt.offsetMs,
    duration_ms: attempt.durationMs,
    queued_ms: attempt.queuedMs ?? undefined,
    first_byte_ms: attempt.firstByteMs ?? undefined,
    fresh_input_tokens: attempt.usage.freshInputTokens,
    cached_input_tokens: attempt.usage.cachedInputTokens,
    cache_write_tokens: attempt.usage.cacheWriteTokens,
    output_tokens: attempt.usage.outputTokens,
    reasoning_tokens: attempt.usage.reasoningTokens,
    cost: attempt.cost,
    provider_cost: attempt.providerCost,
  }));
}

function queuedMs({ attempts }: RequestRecord): number | null {
  const waits = attempts.flatMap((attempt) => attempt.queuedMs ?? []);
  return waits.length === 0 ? null : waits.reduce((sum, wait) => sum + wait, 0);
}

/** Text that upstream or client chose: no control characters, which a terminal would obey, and no novels. */
function clean(text: string | null, lengthMax = 200): string | undefined {
  return text === null ? undefined : text.replace(/\p{Cc}+/gu, " ").slice(0, lengthMax);
}
