import type { LaneDecision } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayLane } from "@/lib/gateway/ports";
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
  requestBytes: number;
  outcome: RequestOutcome;
  status: number;
  errorCode: string | null;
  errorText: string | null;
  lane: GatewayLane | null;
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
  return {
    ...known,
    model: null,
    stream: false,
    outcome: "refused",
    status: 0,
    errorCode: null,
    errorText: null,
    lane: null,
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

/** Columns of `requests`; what is not known is left out. */
export function requestRow(record: RequestRecord, endedAt: Date): Record<string, unknown> {
  return filled({
    id: record.id,
    started_at: record.startedAt.toISOString(),
    ended_at: endedAt.toISOString(),
    user_id: record.key.userId,
    key_id: record.key.keyId,
    lane_id: record.lane?.id ?? null,
    lane_kind: record.lane?.kind ?? null,
    provider_id: record.lane?.upstream?.providerId ?? null,
    method: record.method,
    path: clean(record.path, 256),
    model: clean(record.model),
    served_model: clean(record.servedModel),
    stream: record.stream,
    outcome: record.outcome,
    status: record.status,
    error_code: record.errorCode,
    error_text: clean(record.errorText, ERROR_TEXT_MAX),
    client: record.client,
    client_address: record.clientAddress,
    request_kind: record.labels.requestKind,
    thread_source: record.labels.threadSource,
    thread_id: record.labels.threadId,
    turn_id: record.labels.turnId,
    subagent: record.labels.subagent,
    ...usageColumns(record.usage),
    web_search_calls: record.webSearchCalls,
    usage_estimated: record.usageEstimated,
    usage_flags: record.usageFlags,
    usage_raw: record.usageRaw ?? null,
    hold_id: record.holdId,
    hold_amount: record.holdAmount,
    price_id: record.priceId,
    // What all its attempts were charged, so that the log and the ledger can never tell two stories.
    cost: record.attempts.reduce((sum, attempt) => sum + attempt.cost, 0n),
    cost_on_wallet: record.costOnWallet,
    first_byte_ms: record.firstByteMs,
    first_content_ms: record.firstContentMs,
    duration_ms: Math.max(0, endedAt.getTime() - record.startedAt.getTime()),
    request_bytes: record.requestBytes,
    reply_bytes: record.replyBytes,
    client_gone: record.clientGone,
    decisions: record.decisions,
    edits: record.edits,
  });
}

/** Columns of `attempts`; what is not known is left out. */
export function attemptRows(record: RequestRecord): Record<string, unknown>[] {
  return record.attempts.map((attempt) =>
    filled({
      request_id: record.id,
      attempt_no: attempt.attemptNo,
      started_at: record.startedAt.toISOString(),
      lane_id: attempt.lane.id,
      lane_kind: attempt.lane.kind,
      provider_id: attempt.lane.upstream?.providerId ?? null,
      outcome: attempt.outcome,
      reason: clean(attempt.reason, ERROR_TEXT_MAX),
      upstream_status: attempt.upstreamStatus,
      upstream_request_id: clean(attempt.upstreamRequestId),
      offset_ms: attempt.offsetMs,
      duration_ms: attempt.durationMs,
      first_byte_ms: attempt.firstByteMs,
      ...usageColumns(attempt.usage),
      cost: attempt.cost,
      provider_cost: attempt.providerCost,
    }),
  );
}

/** A third of the columns are empty on most requests, and these rows are a good part of what goes to the database. */
function filled(columns: Record<string, unknown>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const name in columns) if (columns[name] !== null) row[name] = columns[name];
  return row;
}

function usageColumns(usage: Usage): Record<string, number> {
  return {
    fresh_input_tokens: usage.freshInputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

/** Text that upstream or client chose: no control characters, which a terminal would obey, and no novels. */
function clean(text: string | null, lengthMax = 200): string | null {
  return text === null ? null : text.replace(/\p{Cc}+/gu, " ").slice(0, lengthMax);
}
