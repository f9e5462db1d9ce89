import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { microUsdColumn } from "@/db/columns";

/**
 * The request log. Partitioned by month of `started_at`, dropped by partition; money that must outlive it is in the ledger.
 * Prompts and answers are never stored.
 */
export const requests = pgTable(
  "requests",
  {
    id: text().notNull(),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    endedAt: timestamp("ended_at", { withTimezone: true }).notNull(),
    userId: text("user_id").notNull(),
    keyId: text("key_id").notNull(),
    /** The lane that served, or null when none did. */
    laneId: text("lane_id"),
    laneKind: text("lane_kind"),
    providerId: text("provider_id"),
    method: text().notNull(),
    path: text().notNull(),
    model: text(),
    /** What upstream says it ran. */
    servedModel: text("served_model"),
    stream: boolean().notNull(),
    /** completed, incomplete, failed, refused, interrupted, unsettled. */
    outcome: text().notNull(),
    status: integer().notNull(),
    errorCode: text("error_code"),
    /** The error text as the client saw it. */
    errorText: text("error_text"),
    client: text().notNull(),
    clientAddress: text("client_address"),
    requestKind: text("request_kind"),
    threadSource: text("thread_source"),
    threadId: text("thread_id"),
    turnId: text("turn_id"),
    /** Groups a project's requests: a keyed hash of the working directory that Codex names, else its session. Never the path itself. */
    projectId: text("project_id"),
    subagent: text(),
    freshInputTokens: integer("fresh_input_tokens").notNull(),
    cachedInputTokens: integer("cached_input_tokens").notNull(),
    cacheWriteTokens: integer("cache_write_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    reasoningTokens: integer("reasoning_tokens").notNull(),
    webSearchCalls: integer("web_search_calls").notNull(),
    usageEstimated: boolean("usage_estimated").notNull(),
    usageFlags: text("usage_flags").array().notNull(),
    usageRaw: jsonb("usage_raw"),
    holdId: text("hold_id"),
    holdAmount: microUsdColumn("hold_amount"),
    priceId: text("price_id"),
    /** Charged to the wallet; 0 on other lanes. */
    cost: microUsdColumn().notNull(),
    /** What the same tokens would have cost on the wallet; null when the model is not sold. */
    costOnWallet: microUsdColumn("cost_on_wallet"),
    firstByteMs: integer("first_byte_ms"),
    firstContentMs: integer("first_content_ms"),
    durationMs: integer("duration_ms").notNull(),
    requestBytes: integer("request_bytes").notNull(),
    replyBytes: integer("reply_bytes").notNull(),
    /** The client had left before the answer was whole; the rest was drained for its usage. */
    clientGone: boolean("client_gone").notNull(),
    /** One row per lane of the plan: taken, declined or skipped, with reason and evidence. */
    decisions: jsonb().notNull(),
    /** What we changed in the forwarded body, by field. */
    edits: jsonb().notNull(),
    /** How long it stood in line for a Codex lane; null: it never did. */
    queuedMs: integer("queued_ms"),
    /** Why a paid lane took it from the Codex lanes above: exhausted, lost, busy, cannot, or pinned: it went on with a turn. Null: none did. */
    spillReason: text("spill_reason"),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.startedAt] }),
    // Ascending and read backwards: an index in descending order sorts its nulls last, which is not the order of `order by … desc`.
    index("requests_user").on(t.userId, t.startedAt, t.id),
    index("requests_key").on(t.keyId, t.startedAt),
    // Who was answered on a ChatGPT account, whoever they are.
    index("requests_codex_lane")
      .on(t.laneId, t.startedAt)
      .where(sql`${t.laneKind} = 'codex'`),
    // Rows come in the order of their time: for reading everybody's newest without an index that every one of them has to enter.
    index("requests_time").using("brin", t.startedAt).with({ pages_per_range: 32, autosummarize: true }),
    // One per filter of the request log whose matches may be rare among very many.
    index("requests_user_model").on(t.userId, t.model, t.startedAt),
    index("requests_user_lane").on(t.userId, t.laneId, t.startedAt),
    index("requests_user_lane_kind").on(t.userId, t.laneKind, t.startedAt),
    index("requests_user_client").on(t.userId, t.client, t.startedAt),
    index("requests_user_stream").on(t.userId, t.stream, t.startedAt),
    index("requests_user_cost").on(t.userId, t.cost),
    index("requests_user_duration").on(t.userId, t.durationMs),
    index("requests_user_project")
      .on(t.userId, t.projectId, t.startedAt)
      .where(sql`${t.projectId} is not null`),
    index("requests_user_thread")
      .on(t.userId, t.threadId, t.startedAt)
      .where(sql`${t.threadId} is not null`),
    index("requests_user_outcome")
      .on(t.userId, t.outcome, t.startedAt)
      .where(sql`${t.outcome} <> 'completed'`),
    index("requests_user_status")
      .on(t.userId, t.status, t.startedAt)
      .where(sql`${t.status} <> 200`),
    index("requests_user_compaction")
      .on(t.userId, t.startedAt)
      .where(sql`${t.requestKind} = 'compaction'`),
    index("requests_user_source")
      .on(t.userId, t.threadSource, t.startedAt)
      .where(sql`${t.threadSource} in ('thread_title', 'guardian_review')`),
    index("requests_user_review")
      .on(t.userId, t.startedAt)
      .where(sql`${t.subagent} = 'review'`),
    index("requests_user_spill")
      .on(t.userId, t.startedAt)
      .where(sql`${t.spillReason} is not null`),
  ],
);

export const attempts = pgTable(
  "attempts",
  {
    requestId: text("request_id").notNull(),
    attemptNo: integer("attempt_no").notNull(),
    /** The request's start: the partition key. */
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    laneId: text("lane_id").notNull(),
    laneKind: text("lane_kind").notNull(),
    providerId: text("provider_id"),
    /** answered, declined, failed, ambiguous. */
    outcome: text().notNull(),
    reason: text(),
    upstreamStatus: integer("upstream_status"),
    upstreamRequestId: text("upstream_request_id"),
    /** Milliseconds after the request's start. */
    offsetMs: integer("offset_ms").notNull(),
    durationMs: integer("duration_ms").notNull(),
    firstByteMs: integer("first_byte_ms"),
    freshInputTokens: integer("fresh_input_tokens").notNull(),
    cachedInputTokens: integer("cached_input_tokens").notNull(),
    cacheWriteTokens: integer("cache_write_tokens").notNull(),
    outputTokens: integer("output_tokens").notNull(),
    reasoningTokens: integer("reasoning_tokens").notNull(),
    cost: microUsdColumn().notNull(),
    providerCost: microUsdColumn("provider_cost").notNull(),
    queuedMs: integer("queued_ms"),
  },
  (t) => [primaryKey({ columns: [t.requestId, t.attemptNo, t.startedAt] })],
);
