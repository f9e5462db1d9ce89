import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea, microUsdColumn } from "@/db/columns";

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
    /**
     * Whoever signs up is `unverified` until the mail is answered, then `pending` where the operator reviews sign-ups, then `active`.
     * `deleted`: personal data is gone, the row stays for the ledger.
     */
    status: text({ enum: ["unverified", "pending", "active", "suspended", "rejected", "deleted"] })
      .notNull()
      .default("active"),
    /** Null for an address that the operator has typed. */
    emailVerifiedAt: timestamp("email_verified_at", { withTimezone: true }),
    /** IANA name; null: as the browser says. */
    timeZone: text("time_zone"),
    /** Sealed to the row. Confirmed by a first right code; until then it asks for nothing. */
    totpSecret: bytea("totp_secret"),
    totpConfirmedAt: timestamp("totp_confirmed_at", { withTimezone: true }),
    /** When the secret was drawn: one that is not confirmed soon counts for nothing. */
    totpStartedAt: timestamp("totp_started_at", { withTimezone: true }),
    /** The 30-second step of the last code that was taken: none works twice. */
    totpLastStep: bigint("totp_last_step", { mode: "number" }),
    /** What a newcomer wrote for the review. */
    signUpNote: text("sign_up_note"),
    /** Which wording of the terms was agreed to, and when. Null: the operator made the user. */
    termsVersion: text("terms_version"),
    termsAcceptedAt: timestamp("terms_accepted_at", { withTimezone: true }),
    reviewedAt: timestamp("reviewed_at", { withTimezone: true }),
    deletedAt: timestamp("deleted_at", { withTimezone: true }),
    /** When nothing was left of a deleted user in the request log; null: something may be, also since a row was written late (trigger). */
    tracesErasedAt: timestamp("traces_erased_at", { withTimezone: true }),
    /** Raised to end every session of the user at once. */
    sessionVersion: integer("session_version").notNull().default(1),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    uniqueIndex("users_username_unique").on(sql`lower(${t.username})`),
    uniqueIndex("users_email_unique").on(sql`lower(${t.email})`),
    check("users_role_known", sql`${t.role} in ('customer', 'admin')`),
    check("users_status_known", sql`${t.status} in ('unverified', 'pending', 'active', 'suspended', 'rejected', 'deleted')`),
    check("users_totp_whole", sql`${t.totpConfirmedAt} is null or ${t.totpSecret} is not null`),
    // What deletion promises: nothing personal is left on the row.
    check(
      "users_deleted_bare",
      sql`${t.status} <> 'deleted' or (${t.email} is null and ${t.passwordHash} is null and ${t.totpSecret} is null
        and ${t.signUpNote} is null and ${t.timeZone} is null and ${t.deletedAt} is not null)`,
    ),
    check("users_username_form", sql`${t.username} ~ '^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$'`),
  ],
);

export type UserStatus = (typeof users.$inferSelect)["status"];

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

/** A link that was mailed. Only its hash is kept; it works once, and until it expires. */
export const mailLinks = pgTable(
  "mail_links",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    kind: text({ enum: ["verify_email", "reset_password", "change_email"] }).notNull(),
    /** SHA-256 of the secret in the link. */
    hash: bytea().notNull().unique("mail_links_hash_unique"),
    /** The address that the link was sent to, which is what it proves. */
    email: text().notNull(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    usedAt: timestamp("used_at", { withTimezone: true }),
  },
  (t) => [
    index("mail_links_user").on(t.userId, t.kind),
    index("mail_links_email").on(sql`lower(${t.email})`),
    check("mail_links_kind_known", sql`${t.kind} in ('verify_email', 'reset_password', 'change_email')`),
  ],
);

/** For whoever has lost the authenticator: each works once. */
export const recoveryCodes = pgTable(
  "recovery_codes",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    /** SHA-256; the codes have 80 bits of chance, so nothing slower is needed. */
    hash: bytea().notNull(),
    usedAt: timestamp("used_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.userId, t.hash] })],
);

/** Mails that a user does not want. Those about money that ran out, security and the account itself cannot be turned off. */
export const mailOptOuts = pgTable(
  "mail_opt_outs",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    kind: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.kind] })],
);

/**
 * Mailed once when the balance falls below, and armed again when it is not. What running requests hold counts as there: otherwise every
 * large request would fall below and come back.
 */
export const balanceAlerts = pgTable(
  "balance_alerts",
  {
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    threshold: microUsdColumn().notNull(),
    /** Null: armed. */
    firedAt: timestamp("fired_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.userId, t.threshold] }), check("balance_alerts_threshold_positive", sql`${t.threshold} > 0`)],
);
