import { sql } from "drizzle-orm";
import { boolean, check, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique } from "drizzle-orm/pg-core";
import { bytea, microUsdColumn } from "@/db/columns";
import { lanes } from "@/db/schema/lanes";
import { users } from "@/db/schema/users";

export const apiKeys = pgTable(
  "api_keys",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    /** SHA-256 of the whole secret. */
    hash: bytea().notNull().unique("api_keys_hash_unique"),
    /** Shown in lists as `prefix…lastFour`. */
    prefix: text().notNull(),
    lastFour: text("last_four").notNull(),
    /** The secret sealed to the operator's reveal key: `web` can write it and cannot read it. */
    sealedSecret: bytea("sealed_secret").notNull(),
    /** Null: every model that the lanes sell. */
    models: text().array(),
    /** Used when a request names no model. */
    defaultModel: text("default_model"),
    /** Addresses and CIDRs; null: from anywhere. */
    ipAllow: text("ip_allow").array(),
    concurrencyMax: integer("concurrency_max"),
    requestsPerMinuteMax: integer("requests_per_minute_max"),
    outputTokensMax: integer("output_tokens_max").notNull().default(32_000),
    budgetDay: microUsdColumn("budget_day"),
    budgetWeek: microUsdColumn("budget_week"),
    budgetMonth: microUsdColumn("budget_month"),
    /** What a full queue or a passed deadline of the Codex lanes may open below them: nothing, the owner's own key, or any paid lane. */
    spillBusy: text("spill_busy", { enum: ["none", "own_key", "any"] })
      .notNull()
      .default("none"),
    /** The wallet may also answer when every Codex lane is lost. */
    spillLostToWallet: boolean("spill_lost_to_wallet").notNull().default(false),
    /** The wallet may also answer what no Codex lane can do. */
    spillCannotToWallet: boolean("spill_cannot_to_wallet").notNull().default(false),
    /** Sampling parameters that a Codex lane cannot keep: refused there instead of ignored. */
    parametersStrict: boolean("parameters_strict").notNull().default(false),
    /** It also reads the whole account by `/api/v1`: wallet, lanes, the requests of every key; otherwise what it did itself. */
    accountRead: boolean("account_read").notNull().default(true),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true }),
    revokedAt: timestamp("revoked_at", { withTimezone: true }),
    /** The key that was issued in its place; this one goes on until `expires_at`, which the rotation set. */
    replacedBy: text("replaced_by"),
    /** The key that this one goes back to through rotations; null: it is the first. All that go back to one are limited as one. */
    firstKeyId: text("first_key_id"),
  },
  (t) => [
    unique("api_keys_owner").on(t.id, t.userId),
    index("api_keys_user").on(t.userId),
    index("api_keys_first_key").on(sql`coalesce(${t.firstKeyId}, ${t.id})`),
    check(
      "api_keys_limits_positive",
      sql`coalesce(${t.concurrencyMax}, 1) > 0 and coalesce(${t.requestsPerMinuteMax}, 1) > 0 and ${t.outputTokensMax} > 0
        and coalesce(${t.budgetDay}, 0) >= 0 and coalesce(${t.budgetWeek}, 0) >= 0 and coalesce(${t.budgetMonth}, 0) >= 0`,
    ),
    check("api_keys_spill_known", sql`${t.spillBusy} in ('none', 'own_key', 'any')`),
  ],
);

/** The explicit lane set of a key. A key without rows here uses every lane of its owner, in the owner's order. */
export const apiKeyLanes = pgTable(
  "api_key_lanes",
  {
    keyId: text("key_id").notNull(),
    laneId: text("lane_id").notNull(),
    userId: text("user_id").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.keyId, t.laneId] }),
    index("api_key_lanes_lane").on(t.laneId),
    // Both sides carry the owner: a key can never point at somebody else's lane.
    foreignKey({ name: "api_key_lanes_key_owner", columns: [t.keyId, t.userId], foreignColumns: [apiKeys.id, apiKeys.userId] }),
    foreignKey({ name: "api_key_lanes_lane_owner", columns: [t.laneId, t.userId], foreignColumns: [lanes.id, lanes.userId] }).onDelete(
      "cascade",
    ),
  ],
);

/** The moving side of a key: one hot row, changed with every request, apart from the row that people edit. */
export const apiKeyUsage = pgTable(
  "api_key_usage",
  {
    keyId: text("key_id")
      .primaryKey()
      .references(() => apiKeys.id),
    lastUsedAt: timestamp("last_used_at", { withTimezone: true }),
    minuteStart: timestamp("minute_start", { withTimezone: true }),
    minuteCount: integer("minute_count").notNull().default(0),
    /** Wallet money held by this key's running requests. */
    reserved: microUsdColumn()
      .notNull()
      .default(sql`0`),
    /** Wallet money spent in the UTC day, ISO week and month that began at `…_start`. */
    dayStart: timestamp("day_start", { withTimezone: true }),
    daySpent: microUsdColumn("day_spent")
      .notNull()
      .default(sql`0`),
    weekStart: timestamp("week_start", { withTimezone: true }),
    weekSpent: microUsdColumn("week_spent")
      .notNull()
      .default(sql`0`),
    monthStart: timestamp("month_start", { withTimezone: true }),
    monthSpent: microUsdColumn("month_spent")
      .notNull()
      .default(sql`0`),
  },
  (t) => [check("api_key_usage_reserved_positive", sql`${t.reserved} >= 0`)],
);

/** A request that has been let in and is not finished: what concurrency limits count, and what is shown as running. Unlogged: a crash of Postgres empties it, rightly. */
export const admissions = pgTable(
  "admissions",
  {
    requestId: text("request_id").primaryKey(),
    keyId: text("key_id").notNull(),
    userId: text("user_id").notNull(),
    processId: text("process_id").notNull(),
    admittedAt: timestamp("admitted_at", { withTimezone: true }).notNull().defaultNow(),
    /** As it was asked for; null: nothing of ours reads the body of such a call. */
    model: text("model"),
    /** Where it is, as of its admission or the last heartbeat. */
    laneId: text("lane_id"),
    /** How far its answer had come at the last heartbeat. */
    progress: text({ enum: ["accepted", "content"] }),
    progressOutputTokens: integer("progress_output_tokens").notNull().default(0),
  },
  (t) => [index("admissions_key").on(t.keyId), index("admissions_user").on(t.userId, t.admittedAt)],
);

/** A Responses id that an upstream stored for a customer: only its owner may name it again, and only on the lane that made it. */
export const storedResponses = pgTable(
  "stored_responses",
  {
    upstreamId: text("upstream_id").notNull(),
    laneId: text("lane_id").notNull(),
    userId: text("user_id").notNull(),
    keyId: text("key_id").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.upstreamId] }),
    foreignKey({ name: "stored_responses_lane_owner", columns: [t.laneId, t.userId], foreignColumns: [lanes.id, lanes.userId] }).onDelete(
      "cascade",
    ),
    foreignKey({ name: "stored_responses_key_owner", columns: [t.keyId, t.userId], foreignColumns: [apiKeys.id, apiKeys.userId] }),
  ],
);

/**
 * What the helper of Codex's `auth.command` signs in with: it fetches keys of ten minutes that stand for `key_id`, with its limits,
 * and die with it. Only the hash of its secret is kept.
 */
export const keyHelpers = pgTable(
  "key_helpers",
  {
    id: text().primaryKey(),
    keyId: text("key_id").notNull(),
    userId: text("user_id").notNull(),
    name: text().notNull(),
    hash: bytea().notNull().unique("key_helpers_hash_unique"),
    lastFour: text("last_four").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    lastUsedAt: timestamp("last_used_at", { withTimezone: true }),
    revokedAt: timestamp("revoked_at", { withTimezone: true }),
  },
  (t) => [
    index("key_helpers_user").on(t.userId),
    foreignKey({ name: "key_helpers_key_owner", columns: [t.keyId, t.userId], foreignColumns: [apiKeys.id, apiKeys.userId] }),
  ],
);
