import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

export const users = pgTable(
  "users",
  {
    id: text().primaryKey(),
    username: text().notNull(),
    email: text(),
    /** argon2id; null: no sign-in until a one-time password is issued. */
    passwordHash: text("password_hash"),
    /** A one-time password: its first use clears the hash, and the session can only set a new one. */
    passwordOneTime: boolean("password_one_time").notNull().default(false),
    role: text({ enum: ["customer", "admin"] }).notNull(),
    status: text({ enum: ["active", "suspended"] })
      .notNull()
      .default("active"),
    /** Raised to end every session of the user at once. */
    sessionVersion: integer("session_version").notNull().default(1),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("users_username_unique").on(sql`lower(${t.username})`),
    uniqueIndex("users_email_unique").on(sql`lower(${t.email})`),
    check("users_role_known", sql`${t.role} in ('customer', 'admin')`),
    check("users_status_known", sql`${t.status} in ('active', 'suspended')`),
    check("users_username_form", sql`${t.username} ~ '^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$'`),
  ],
);

export const sessions = pgTable(
  "sessions",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    /** The user's session version at sign-in; a session with an older one is over. */
    sessionVersion: integer("session_version").notNull(),
    /** Set when the user came in with a one-time password: only the change of password is open. */
    mustChangePassword: boolean("must_change_password").notNull().default(false),
    /** Of the one-time password that opened it, until another is chosen: so that the same one is not chosen again. */
    oneTimeHash: text("one_time_hash"),
    address: text(),
    userAgent: text("user_agent"),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    lastSeenAt: timestamp("last_seen_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    revokedAt: timestamp("revoked_at", { withTimezone: true }),
  },
  (t) => [index("sessions_user").on(t.userId)],
);
