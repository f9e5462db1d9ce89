import { sql } from "drizzle-orm";
import { check, date, foreignKey, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { apiKeys } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";

/**
 * Which lane a thread is on, so that it stays there while the lane is healthy: prompt caches and encrypted reasoning are only
 * good there. Unlogged: a crash of Postgres forgets it, and threads start at the top again.
 */
export const threadPins = pgTable(
  "thread_pins",
  {
    keyId: text("key_id").notNull(),
    threadId: text("thread_id").notNull(),
    userId: text("user_id").notNull(),
    laneId: text("lane_id").notNull(),
    /** Of the last request: a pin to a paid lane ends when the next user turn begins. */
    turnId: text("turn_id"),
    /** The first items of the thread's input were made on other lanes; their encrypted reasoning cannot be read on this one. */
    foreignItems: integer("foreign_items").notNull().default(0),
    pinnedAt: timestamp("pinned_at", { withTimezone: true }).notNull().defaultNow(),
    lastUsedAt: timestamp("last_used_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.keyId, t.threadId] }),
    index("thread_pins_last_used").on(t.lastUsedAt),
    index("thread_pins_lane").on(t.laneId),
    foreignKey({ name: "thread_pins_lane_owner", columns: [t.laneId, t.userId], foreignColumns: [lanes.id, lanes.userId] }).onDelete(
      "cascade",
    ),
    foreignKey({ name: "thread_pins_key_owner", columns: [t.keyId, t.userId], foreignColumns: [apiKeys.id, apiKeys.userId] }),
  ],
);

/** Requests that a paid lane took from the Codex lanes above it, per UTC day: counted against the daily cap, mailed once. */
export const laneSpills = pgTable(
  "lane_spills",
  {
    userId: text("user_id").notNull(),
    laneId: text("lane_id").notNull(),
    day: date().notNull(),
    requests: integer().notNull().default(0),
    /** Why the first one was passed on: exhausted, lost, busy, cannot. */
    firstReason: text("first_reason").notNull(),
    firstAt: timestamp("first_at", { withTimezone: true }).notNull().defaultNow(),
    lastAt: timestamp("last_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.laneId, t.day] }),
    index("lane_spills_user").on(t.userId, t.day),
    foreignKey({ name: "lane_spills_lane_owner", columns: [t.laneId, t.userId], foreignColumns: [lanes.id, lanes.userId] }).onDelete(
      "cascade",
    ),
    check("lane_spills_counted", sql`${t.requests} >= 0`),
  ],
);
