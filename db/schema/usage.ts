import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { microUsdColumn } from "@/db/columns";

/**
 * The request log summed up by quarter-hours, once for every way of grouping it: zones differ by whole quarters, so every hour, day and
 * month of every zone is made of these. Written by `background` alone, from `usage_rolled` downwards; see lib/requests/roll-up-usage.ts.
 */
export const usageQuarters = pgTable(
  "usage_quarters",
  {
    userId: text("user_id").notNull(),
    dimension: text({ enum: ["all", "model", "key", "lane", "project", "client"] }).notNull(),
    quarter: timestamp({ withTimezone: true }).notNull(),
    /** Of the dimension; empty: none was named. */
    value: text().notNull(),
    requests: integer().notNull(),
    /** Of these, failed or refused. */
    failed: integer().notNull(),
    /** Charged to the wallet. */
    spent: microUsdColumn().notNull(),
    /** Of these, answered by a ChatGPT account. */
    planRequests: integer("plan_requests").notNull(),
    /** What those would have cost on the wallet, as far as it sells their models. */
    planWorth: microUsdColumn("plan_worth").notNull(),
    /** Those whose models it does not sell. */
    planUnpriced: integer("plan_unpriced").notNull(),
    freshInputTokens: bigint("fresh_input_tokens", { mode: "bigint" }).notNull(),
    cachedInputTokens: bigint("cached_input_tokens", { mode: "bigint" }).notNull(),
    cacheWriteTokens: bigint("cache_write_tokens", { mode: "bigint" }).notNull(),
    outputTokens: bigint("output_tokens", { mode: "bigint" }).notNull(),
    reasoningTokens: bigint("reasoning_tokens", { mode: "bigint" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.dimension, t.quarter, t.value] })],
);

/** One row: quarter-hours that end at or before `until` are in `usage_quarters`. None: nothing is. */
export const usageRolled = pgTable(
  "usage_rolled",
  {
    id: integer().primaryKey().default(1),
    until: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [check("usage_rolled_single", sql`${t.id} = 1`)],
);

/** Quarter-hours in which a row was written late (trigger): what is summed up of them does not count until it is made anew. */
export const usageStale = pgTable(
  "usage_stale",
  {
    id: bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: text("user_id").notNull(),
    quarter: timestamp({ withTimezone: true }).notNull(),
  },
  (t) => [index("usage_stale_user").on(t.userId, t.quarter)],
);
