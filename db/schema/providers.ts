import { sql } from "drizzle-orm";
import { boolean, check, integer, pgTable, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea, microUsdColumn, rateColumn } from "@/db/columns";

/** The operator's metered upstreams. Exactly one may be selected for wallets. */
export const providers = pgTable(
  "providers",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    baseUrl: text("base_url").notNull(),
    authStyle: text("auth_style", { enum: ["bearer", "api_key"] }).notNull(),
    /** Sent as `api-version` on every call (Azure). */
    apiVersion: text("api_version"),
    sealedKey: bytea("sealed_key").notNull(),
    sealKeyId: text("seal_key_id").notNull(),
    simulated: boolean().notNull().default(false),
    selected: boolean().notNull().default(false),
    /** Wallet traffic is billed from reported usage, so a provider must have shown that it reports it. */
    probeState: text("probe_state", { enum: ["unprobed", "passed", "failed"] })
      .notNull()
      .default("unprobed"),
    probeDetail: text("probe_detail"),
    probedAt: timestamp("probed_at", { withTimezone: true }),
    /** Answers in a row without usage; at the limit the provider trips off. */
    usageMissingCount: integer("usage_missing_count").notNull().default(0),
    trippedAt: timestamp("tripped_at", { withTimezone: true }),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    removedAt: timestamp("removed_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("providers_name_unique")
      .on(sql`lower(${t.name})`)
      .where(sql`${t.removedAt} is null`),
    uniqueIndex("providers_one_selected")
      .on(t.selected)
      .where(sql`${t.selected}`),
    check("providers_selected_is_probed", sql`not ${t.selected} or (${t.probeState} = 'passed' and ${t.removedAt} is null)`),
    check("providers_auth_style_known", sql`${t.authStyle} in ('bearer', 'api_key')`),
    check("providers_probe_state_known", sql`${t.probeState} in ('unprobed', 'passed', 'failed')`),
  ],
);

/**
 * The price book: append-only versions, one current row per model (the highest version). A model without a row, or whose
 * current row is retired, is not sold on wallet lanes. Rates are micro-dollars per million tokens.
 */
export const prices = pgTable(
  "prices",
  {
    id: text().primaryKey(),
    model: text().notNull(),
    version: integer().notNull(),
    retired: boolean().notNull().default(false),
    input: rateColumn().notNull(),
    cachedInput: rateColumn("cached_input").notNull(),
    cacheWrite: rateColumn("cache_write").notNull(),
    output: rateColumn().notNull(),
    /** Null: the hosted tool is not sold with this model. */
    webSearchCall: microUsdColumn("web_search_call"),
    // A sell row needs a cost row: they are one row, and the columns are NOT NULL.
    costInput: rateColumn("cost_input").notNull(),
    costCachedInput: rateColumn("cost_cached_input").notNull(),
    costCacheWrite: rateColumn("cost_cache_write").notNull(),
    costOutput: rateColumn("cost_output").notNull(),
    costWebSearchCall: microUsdColumn("cost_web_search_call"),
    outputTokensMax: integer("output_tokens_max").notNull(),
    imageTokensMax: integer("image_tokens_max").notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique("prices_model_version").on(t.model, t.version),
    check(
      "prices_not_negative",
      sql`least(${t.input}, ${t.cachedInput}, ${t.cacheWrite}, ${t.output}, ${t.costInput}, ${t.costCachedInput}, ${t.costCacheWrite}, ${t.costOutput}) >= 0
        and coalesce(${t.webSearchCall}, 0) >= 0 and coalesce(${t.costWebSearchCall}, 0) >= 0`,
    ),
    check("prices_sell_needs_cost", sql`(${t.webSearchCall} is null) = (${t.costWebSearchCall} is null)`),
    check("prices_bounds_positive", sql`${t.outputTokensMax} > 0 and ${t.imageTokensMax} > 0 and ${t.version} > 0`),
  ],
);
