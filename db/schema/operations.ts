import { sql } from "drizzle-orm";
import { check, index, integer, jsonb, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** One row, written once at first boot: a database is live or simulated for its whole life (trigger). */
export const databaseStamp = pgTable(
  "database_stamp",
  {
    id: integer().primaryKey().default(1),
    mode: text({ enum: ["live", "simulated"] }).notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [check("database_stamp_single", sql`${t.id} = 1`), check("database_stamp_mode_known", sql`${t.mode} in ('live', 'simulated')`)],
);

export const settings = pgTable("settings", {
  name: text().primaryKey(),
  value: jsonb().notNull(),
  updatedAt: timestamp("updated_at", { withTimezone: true }).notNull().defaultNow(),
});

/** Whoever may own running work. A process whose heartbeat stopped (database clock) has lost it. */
export const processes = pgTable("processes", {
  id: text().primaryKey(),
  kind: text().notNull(),
  host: text().notNull(),
  pid: integer().notNull(),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull().defaultNow(),
  heartbeatAt: timestamp("heartbeat_at", { withTimezone: true }).notNull().defaultNow(),
  endedAt: timestamp("ended_at", { withTimezone: true }),
});

export const auditLog = pgTable(
  "audit_log",
  {
    id: text().primaryKey(),
    /** `usr_…`, `operator_cli` or `system:<process>`. */
    actor: text().notNull(),
    action: text().notNull(),
    subject: text().notNull(),
    before: jsonb(),
    after: jsonb(),
    note: text(),
    address: text(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("audit_log_subject").on(t.subject, t.createdAt),
    index("audit_log_created").on(t.createdAt),
    index("audit_log_actor").on(t.actor, t.createdAt),
    // Whose something was that is gone: a lane that was removed.
    index("audit_log_owner")
      .on(sql`coalesce(${t.after} ->> 'userId', ${t.before} ->> 'userId')`)
      .where(sql`coalesce(${t.after} ->> 'userId', ${t.before} ->> 'userId') is not null`),
  ],
);

/** Something that an operator must look at. Raised once per kind and subject until it is resolved. */
export const alarms = pgTable(
  "alarms",
  {
    id: text().primaryKey(),
    kind: text().notNull(),
    subject: text().notNull(),
    detail: text().notNull(),
    count: integer().notNull().default(1),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp("last_seen_at", { withTimezone: true }).notNull().defaultNow(),
    resolvedAt: timestamp("resolved_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("alarms_open_once")
      .on(t.kind, t.subject)
      .where(sql`${t.resolvedAt} is null`),
    index("alarms_subject").on(t.subject),
  ],
);

/** Mails are written in the transaction that causes them and sent afterwards. */
export const outbox = pgTable(
  "outbox",
  {
    id: text().primaryKey(),
    kind: text().notNull(),
    /** Whose mail it is. Addresses change hands, so they do not say it. Null: it went to an address that no user had. */
    userId: text("user_id"),
    recipient: text().notNull(),
    payload: jsonb().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    sentAt: timestamp("sent_at", { withTimezone: true }),
    /** Tries so far; the next one is due at `next_try_at`. */
    tries: integer().notNull().default(0),
    nextTryAt: timestamp("next_try_at", { withTimezone: true }).notNull().defaultNow(),
    /** The server's last answer. */
    lastError: text("last_error"),
    givenUpAt: timestamp("given_up_at", { withTimezone: true }),
  },
  (t) => [
    index("outbox_unsent")
      .on(t.createdAt)
      .where(sql`${t.sentAt} is null`),
    index("outbox_user").on(t.userId, t.createdAt),
    index("outbox_recipient").on(sql`lower(${t.recipient})`),
    index("outbox_sign_up")
      .on(sql`(${t.payload} ->> 'username')`)
      .where(sql`${t.kind} = 'sign_up_waits'`),
  ],
);
