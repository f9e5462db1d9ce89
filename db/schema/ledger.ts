import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytea, microUsdColumn } from "@/db/columns";
import { apiKeys } from "@/db/schema/keys";
import { prices, providers } from "@/db/schema/providers";
import { users } from "@/db/schema/users";

/**
 * Double entry. Sign: plus is what the named party has or has earned, minus what it gave or spent; the entries of a
 * transfer sum to zero. Only user accounts keep a running balance (`wallets`, written by a trigger from the entries and by
 * nothing else); system accounts are summed, so that no hot row exists.
 */
export const ledgerAccounts = pgTable(
  "ledger_accounts",
  {
    /** `available:usr_…`, `held:usr_…`, or the kind itself for system accounts. */
    id: text().primaryKey(),
    kind: text({
      enum: [
        "available",
        "held",
        "debt",
        "revenue",
        "stripe",
        "adjustments",
        "promotions",
        "disputes",
        "provider_cost",
        "provider_payable",
        "operator_loss",
      ],
    }).notNull(),
    userId: text("user_id").references(() => users.id),
  },
  (t) => [
    uniqueIndex("ledger_accounts_user_kind").on(t.userId, t.kind),
    check("ledger_accounts_owner_fits_kind", sql`(${t.kind} in ('available', 'held', 'debt')) = (${t.userId} is not null)`),
  ],
);

export const wallets = pgTable(
  "wallets",
  {
    userId: text("user_id")
      .primaryKey()
      .references(() => users.id),
    available: microUsdColumn()
      .notNull()
      .default(sql`0`),
    held: microUsdColumn()
      .notNull()
      .default(sql`0`),
    /** How far below zero `available` may go; 0 unless the wallet is soft. */
    softLimit: microUsdColumn("soft_limit")
      .notNull()
      .default(sql`0`),
  },
  (t) => [
    check("wallets_available_bounded", sql`${t.available} >= -${t.softLimit}`),
    check("wallets_held_not_negative", sql`${t.held} >= 0`),
    check("wallets_soft_limit_not_negative", sql`${t.softLimit} >= 0`),
  ],
);

/** placed -> settled | voided | expired, once (trigger). `expired` is settled by `background` after its process died. */
export const holds = pgTable(
  "holds",
  {
    id: text().primaryKey(),
    requestId: text("request_id").notNull(),
    attemptNo: integer("attempt_no").notNull(),
    userId: text("user_id").notNull(),
    keyId: text("key_id").notNull(),
    laneId: text("lane_id").notNull(),
    providerId: text("provider_id")
      .notNull()
      .references(() => providers.id),
    priceId: text("price_id")
      .notNull()
      .references(() => prices.id),
    amount: microUsdColumn().notNull(),
    /** The least that an accepted request is charged when its usage is lost. */
    inputAmount: microUsdColumn("input_amount").notNull(),
    state: text({ enum: ["placed", "settled", "voided", "expired"] })
      .notNull()
      .default("placed"),
    /** Charged in the end; null while placed. */
    cost: microUsdColumn(),
    estimated: boolean().notNull().default(false),
    processId: text("process_id").notNull(),
    /** How far the request had come at its process's last heartbeat: null unknown, then `accepted`, `content`. */
    progress: text({ enum: ["accepted", "content"] }),
    progressOutputTokens: integer("progress_output_tokens").notNull().default(0),
    /** What is needed to write the request log when the process is gone. Never prompt text. */
    context: jsonb().notNull(),
    placedAt: timestamp("placed_at", { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp("ended_at", { withTimezone: true }),
  },
  (t) => [
    unique("holds_request_attempt").on(t.requestId, t.attemptNo),
    foreignKey({ name: "holds_key_owner", columns: [t.keyId, t.userId], foreignColumns: [apiKeys.id, apiKeys.userId] }),
    index("holds_placed")
      .on(t.processId)
      .where(sql`${t.state} = 'placed'`),
    check("holds_amount_positive", sql`${t.amount} > 0 and ${t.inputAmount} >= 0 and ${t.inputAmount} <= ${t.amount}`),
    check("holds_state_known", sql`${t.state} in ('placed', 'settled', 'voided', 'expired')`),
    check("holds_cost_bounded", sql`(${t.state} = 'placed') = (${t.cost} is null) and coalesce(${t.cost}, 0) between 0 and ${t.amount}`),
  ],
);

/** Append-only. Ids derive from what they settle (`tr_<hold>_settle`), so writing one twice is a conflict, not a second charge. */
export const transfers = pgTable(
  "transfers",
  {
    id: text().primaryKey(),
    kind: text({ enum: ["hold", "settle", "void", "expire", "late_usage", "adjustment"] }).notNull(),
    userId: text("user_id").references(() => users.id),
    holdId: text("hold_id").references(() => holds.id),
    requestId: text("request_id"),
    note: text(),
    actor: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("transfers_one_end_per_hold")
      .on(t.holdId)
      .where(sql`${t.kind} in ('settle', 'void', 'expire')`),
    uniqueIndex("transfers_one_late_per_hold")
      .on(t.holdId)
      .where(sql`${t.kind} = 'late_usage'`),
    index("transfers_user").on(t.userId, t.createdAt),
    check("transfers_kind_known", sql`${t.kind} in ('hold', 'settle', 'void', 'expire', 'late_usage', 'adjustment')`),
    check("transfers_adjustment_has_note", sql`${t.kind} <> 'adjustment' or length(trim(${t.note})) > 0`),
  ],
);

export const ledgerEntries = pgTable(
  "ledger_entries",
  {
    /** Both are checked by the trigger that applies the entries, a statement at a time, and can never be removed. */
    transferId: text("transfer_id").notNull(),
    accountId: text("account_id").notNull(),
    amount: microUsdColumn().notNull(),
    /** Order of writing, for running balances. */
    seq: bigint({ mode: "bigint" }).generatedAlwaysAsIdentity(),
  },
  (t) => [
    primaryKey({ columns: [t.transferId, t.accountId] }),
    // Of users' accounts only: nobody reads the system's line by line.
    index("ledger_entries_user_account")
      .on(t.accountId, t.seq)
      .where(sql`${t.accountId} like '%:%'`),
    check("ledger_entries_not_zero", sql`${t.amount} <> 0`),
  ],
);

/** A settlement that the database refused on its own merits: its hold stays placed until an operator has looked. */
export const parkedSettlements = pgTable("parked_settlements", {
  requestId: text("request_id").primaryKey(),
  /** The settlement as it was sent, as bytes: it may hold what a text column refuses. Empty once it is resolved. */
  payload: bytea().notNull(),
  error: text().notNull(),
  attempts: integer().notNull().default(1),
  parkedAt: timestamp("parked_at", { withTimezone: true }).notNull().defaultNow(),
  resolvedAt: timestamp("resolved_at", { withTimezone: true }),
});
