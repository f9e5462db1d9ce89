import { and, asc, desc, eq, inArray, sql, type SQL } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { attempts, requests } from "@/db/schema/requests";
import { requireAdmin, requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import type { LaneDecision } from "@/lib/gateway/plan-lanes";
import { isId } from "@/lib/ids/ids";
import { toUsdString } from "@/lib/money/micro-usd";
import { filterSql } from "@/lib/requests/filter-sql";
import { NO_FILTER, type RequestFilter } from "@/lib/requests/request-filter";

export type TokensView = { freshInput: number; cachedInput: number; cacheWrite: number; output: number; reasoning: number };

/** The label is null when the lane has been removed since. */
type RequestLaneView = { id: string; kind: string; label: string | null };

export type RequestView = {
  id: string;
  userId: string;
  keyId: string;
  startedAt: string;
  durationMs: number;
  firstByteMs: number | null;
  firstContentMs: number | null;
  method: string;
  path: string;
  stream: boolean;
  model: string | null;
  servedModel: string | null;
  /** The lane that served; null when none did. */
  lane: RequestLaneView | null;
  /** completed, incomplete, failed, refused, interrupted, unsettled. */
  outcome: string;
  status: number;
  errorCode: string | null;
  errorText: string | null;
  tokens: TokensView;
  webSearchCalls: number;
  /** The counts were not reported by upstream. */
  estimated: boolean;
  /** Charged to the wallet. */
  costUsd: string;
  /** What the same tokens would have cost on the wallet; null when the model is not sold. */
  costOnWalletUsd: string | null;
  client: string;
  /** Groups the requests of one working directory, or of one session; null: nothing told. */
  projectId: string | null;
  labels: {
    requestKind: string | null;
    threadSource: string | null;
    threadId: string | null;
    turnId: string | null;
    subagent: string | null;
  };
  /** One per lane of the plan, in order: taken, declined or skipped, with reason and evidence. */
  decisions: readonly LaneDecision[];
  /** What was changed in the forwarded body, one note each. */
  edits: readonly string[];
  /** How long it stood in line for a Codex lane; null: it never did. */
  queuedMs: number | null;
  /** Why a paid lane took it from the Codex lanes above: exhausted, lost, busy, cannot. Null: none did. */
  spillReason: string | null;
  attempts: AttemptView[];
};

type AttemptView = {
  attemptNo: number;
  lane: RequestLaneView;
  outcome: string;
  reason: string | null;
  upstreamStatus: number | null;
  offsetMs: number;
  durationMs: number;
  /** In line for a Codex lane; null: it never stood in one. */
  queuedMs: number | null;
  firstByteMs: number | null;
  tokens: TokensView;
  costUsd: string;
};

export type RequestPage = { rows: RequestView[]; nextCursor: string | null };

const LIMIT_MAX = 500;

/** Everything that is kept. */
const WHOLE_LOG: FilteredLog = { filter: { ...NO_FILTER, range: "all" }, now: new Date(0) };

/** `now`: the end of the filter's relative ranges. */
export type FilteredLog = { filter: RequestFilter; now: Date };
type ListQuery = { userId: string | null; limit: number; before?: string | null } & Partial<FilteredLog>;

/** Newest first. `userId: null` is everybody's log and for admins only. `before` is the `nextCursor` of the page before. */
export async function listRequests(reader: Reader, viewer: Viewer, input: ListQuery): Promise<RequestPage> {
  requireLogSight(viewer, input.userId);
  if (!Number.isInteger(input.limit) || input.limit < 1 || input.limit > LIMIT_MAX) {
    throw new AppError("request_invalid", `limit must be a whole number from 1 to ${LIMIT_MAX}.`, { param: "limit" });
  }
  const found = await select(reader, {
    where: and(
      filterSql(input.userId, input.filter ?? WHOLE_LOG.filter, input.now ?? WHOLE_LOG.now),
      input.before ? isBefore(readCursor(input.before)) : undefined,
    ),
    // One more than asked for: it tells whether there is a next page.
    limit: input.limit + 1,
  });
  const rows = found.slice(0, input.limit);
  const last = rows.at(-1);
  return { rows, nextCursor: found.length > rows.length && last ? writeCursor(last) : null };
}

/** Whoever may not see a log hears that there is none. */
export function requireLogSight(viewer: Viewer, userId: string | null): void {
  if (userId === null) requireAdmin(viewer);
  else requireSight(viewer, userId);
}

/** Counted so far and no further. */
const COUNT_MAX = 10_000;

/** How many match; more than `COUNT_MAX` are not counted. */
export async function countRequests(
  reader: Reader,
  viewer: Viewer,
  { userId, filter, now }: { userId: string | null } & FilteredLog,
): Promise<{ count: number; isMore: boolean }> {
  requireLogSight(viewer, userId);
  const some = reader
    .select({ one: sql`1` })
    .from(requests)
    .where(filterSql(userId, filter, now))
    .limit(COUNT_MAX + 1)
    .as("some");
  const [row] = await reader.select({ count: sql<number>`count(*)::int` }).from(some);
  const count = row?.count ?? 0;
  return { count: Math.min(count, COUNT_MAX), isMore: count > COUNT_MAX };
}

export async function findRequest(reader: Reader, viewer: Viewer, input: { requestId: string }): Promise<RequestView> {
  const [row] = isId(input.requestId) ? await select(reader, { where: eq(requests.id, input.requestId), limit: 1 }) : [];
  if (!row) throw new AppError("not_found", "There is no such request.");
  requireSight(viewer, row.userId);
  return row;
}

async function select(reader: Reader, query: { where: SQL | undefined; limit: number }): Promise<RequestView[]> {
  const rows = await reader
    .select({ request: requests, laneLabel: lanes.label })
    .from(requests)
    .leftJoin(lanes, eq(lanes.id, requests.laneId))
    .where(query.where)
    .orderBy(desc(requests.startedAt), desc(requests.id))
    .limit(query.limit);
  if (rows.length === 0) return [];
  const tries = await reader
    .select({ attempt: attempts, laneLabel: lanes.label })
    .from(attempts)
    .leftJoin(lanes, eq(lanes.id, attempts.laneId))
    .where(
      and(
        inArray(attempts.startedAt, [...new Set(rows.map(({ request }) => request.startedAt))]),
        inArray(
          attempts.requestId,
          rows.map(({ request }) => request.id),
        ),
      ),
    )
    .orderBy(asc(attempts.attemptNo));
  return rows.map(({ request, laneLabel }) => ({
    ...requestView(request, laneLabel),
    attempts: tries
      .filter(({ attempt }) => attempt.requestId === request.id)
      .map(({ attempt, laneLabel: label }) => attemptView(attempt, label)),
  }));
}

function requestView(request: typeof requests.$inferSelect, laneLabel: string | null): Omit<RequestView, "attempts"> {
  return {
    id: request.id,
    userId: request.userId,
    keyId: request.keyId,
    startedAt: request.startedAt.toISOString(),
    durationMs: request.durationMs,
    firstByteMs: request.firstByteMs,
    firstContentMs: request.firstContentMs,
    method: request.method,
    path: request.path,
    stream: request.stream,
    model: request.model,
    servedModel: request.servedModel,
    lane: request.laneId === null ? null : { id: request.laneId, kind: request.laneKind ?? "", label: laneLabel },
    outcome: request.outcome,
    status: request.status,
    errorCode: request.errorCode,
    errorText: request.errorText,
    tokens: tokensView(request),
    webSearchCalls: request.webSearchCalls,
    estimated: request.usageEstimated,
    costUsd: toUsdString(request.cost),
    costOnWalletUsd: request.costOnWallet === null ? null : toUsdString(request.costOnWallet),
    client: request.client,
    projectId: request.projectId,
    labels: {
      requestKind: request.requestKind,
      threadSource: request.threadSource,
      threadId: request.threadId,
      turnId: request.turnId,
      subagent: request.subagent,
    },
    decisions: request.decisions as LaneDecision[],
    edits: request.edits as string[],
    queuedMs: request.queuedMs,
    spillReason: request.spillReason,
  };
}

function attemptView(attempt: typeof attempts.$inferSelect, label: string | null): AttemptView {
  return {
    attemptNo: attempt.attemptNo,
    lane: { id: attempt.laneId, kind: attempt.laneKind, label },
    outcome: attempt.outcome,
    reason: attempt.reason,
    upstreamStatus: attempt.upstreamStatus,
    offsetMs: attempt.offsetMs,
    durationMs: attempt.durationMs,
    queuedMs: attempt.queuedMs,
    firstByteMs: attempt.firstByteMs,
    tokens: tokensView(attempt),
    costUsd: toUsdString(attempt.cost),
  };
}

type TokenColumns = Pick<
  typeof requests.$inferSelect,
  "freshInputTokens" | "cachedInputTokens" | "cacheWriteTokens" | "outputTokens" | "reasoningTokens"
>;

function tokensView(row: TokenColumns): TokensView {
  return {
    freshInput: row.freshInputTokens,
    cachedInput: row.cachedInputTokens,
    cacheWrite: row.cacheWriteTokens,
    output: row.outputTokens,
    reasoning: row.reasoningTokens,
  };
}

type Cursor = { startedAt: string; id: string };

function writeCursor(row: Cursor): string {
  return Buffer.from(`${row.startedAt} ${row.id}`).toString("base64url");
}

function readCursor(cursor: string): Cursor {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\w{1,80})$/.exec(Buffer.from(cursor, "base64url").toString("utf8"));
  if (!match?.[1] || !match[2] || !isInstant(match[1]))
    throw new AppError("request_invalid", "before is not a cursor of this list.", { param: "before" });
  return { startedAt: match[1], id: match[2] };
}

/** 30 February has the form of one, and Postgres refuses it. */
function isInstant(text: string): boolean {
  const instant = new Date(text);
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === text;
}

function isBefore(cursor: Cursor): SQL {
  return sql`(${requests.startedAt}, ${requests.id}) < (${cursor.startedAt}::timestamptz, ${cursor.id})`;
}
