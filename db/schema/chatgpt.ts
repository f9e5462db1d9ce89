import { sql } from "drizzle-orm";
import {
  bigint,
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
import { users } from "@/db/schema/users";

/**
 * A process that drives containers: one row per runner that ever ran, kept while its heartbeat is recent. `address` is where
 * `web` reaches it; `host` names the machine whose containers it can touch.
 */
export const runners = pgTable("runners", {
  id: text().primaryKey(),
  host: text().notNull(),
  address: text().notNull(),
  driver: text().notNull(),
  /** What the driver's probe found: the isolation that is really there. */
  isolation: jsonb().notNull(),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull().defaultNow(),
  heartbeatAt: timestamp("heartbeat_at", { withTimezone: true }).notNull().defaultNow(),
  /** Finishes what it has and takes nothing new. */
  drainingAt: timestamp("draining_at", { withTimezone: true }),
  endedAt: timestamp("ended_at", { withTimezone: true }),
});

/**
 * One ChatGPT account = one container = one owner. The row carries what makes a second container impossible: where its home
 * is (`host`), who may drive it (`lease_*`), and the number that every successor raises (`fence`).
 */
export const chatgptAccounts = pgTable(
  "chatgpt_accounts",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    /**
     * new: never signed in. lost: paused by OpenAI, or its container cannot be brought up. removing: the lane is gone, the home is
     * not yet, and until then nobody else may connect the same ChatGPT account.
     */
    state: text({ enum: ["new", "signing_in", "signed_in", "signed_out", "lost", "removing", "removed"] })
      .notNull()
      .default("new"),
    stateReason: text("state_reason"),
    /** HMAC of OpenAI's account id and user id: the same account can be connected once. Null until known and after removal. */
    identityHash: text("identity_hash"),
    email: text(),
    planType: text("plan_type"),
    /** Turns at one time; the rest waits in line. */
    turnsMax: integer("turns_max").notNull().default(1),
    /** At the last heartbeat of whoever holds the lease; without a live lease they say nothing. */
    turnsRunning: integer("turns_running").notNull().default(0),
    turnsWaiting: integer("turns_waiting").notNull().default(0),
    signedInAt: timestamp("signed_in_at", { withTimezone: true }),
    signedOutAt: timestamp("signed_out_at", { withTimezone: true }),

    /** The machine that holds the home of this account. Set by the lease, changed only when there is no home. */
    host: text(),
    driver: text(),
    /** What the driver needs to find the container again. */
    container: jsonb(),
    codexVersion: text("codex_version"),
    /** Set: this account runs this version before everybody else does. */
    codexVersionCanary: text("codex_version_canary"),
    binaryDigest: text("binary_digest"),
    imageDigest: text("image_digest"),
    containerState: text("container_state", { enum: ["none", "starting", "running", "stopped", "failed"] })
      .notNull()
      .default("none"),
    containerReason: text("container_reason"),
    containerStartedAt: timestamp("container_started_at", { withTimezone: true }),
    homeBytes: bigint("home_bytes", { mode: "number" }),

    fence: bigint({ mode: "number" }).notNull().default(0),
    leaseRunnerId: text("lease_runner_id").references(() => runners.id),
    leaseExpiresAt: timestamp("lease_expires_at", { withTimezone: true }),

    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    removedAt: timestamp("removed_at", { withTimezone: true }),
  },
  (t) => [
    unique("chatgpt_accounts_owner").on(t.id, t.userId),
    uniqueIndex("chatgpt_accounts_identity_once")
      .on(t.identityHash)
      .where(sql`${t.identityHash} is not null`),
    index("chatgpt_accounts_user").on(t.userId),
    index("chatgpt_accounts_email").on(sql`lower(${t.email})`),
    index("chatgpt_accounts_lease").on(t.leaseRunnerId),
    check(
      "chatgpt_accounts_state_known",
      sql`${t.state} in ('new', 'signing_in', 'signed_in', 'signed_out', 'lost', 'removing', 'removed')`,
    ),
    check("chatgpt_accounts_container_known", sql`${t.containerState} in ('none', 'starting', 'running', 'stopped', 'failed')`),
    check("chatgpt_accounts_turns_bounded", sql`${t.turnsMax} between 1 and 4`),
    check("chatgpt_accounts_lease_whole", sql`(${t.leaseRunnerId} is null) = (${t.leaseExpiresAt} is null)`),
    check("chatgpt_accounts_signed_in_known", sql`${t.state} <> 'signed_in' or ${t.identityHash} is not null`),
    check(
      "chatgpt_accounts_removed_is_empty",
      sql`(${t.state} = 'removed') = (${t.removedAt} is not null) and (${t.state} <> 'removed' or (${t.identityHash} is null and ${t.email} is null))`,
    ),
    check(
      "chatgpt_accounts_removed_has_no_home",
      sql`${t.state} <> 'removed' or (${t.containerState} = 'none' and ${t.leaseRunnerId} is null)`,
    ),
  ],
);

/** What the owner declared before connecting: in which words, when, and from where. Kept after removal. */
export const accountConsents = pgTable(
  "account_consents",
  {
    id: text().primaryKey(),
    accountId: text("account_id").notNull(),
    userId: text("user_id").notNull(),
    textVersion: text("text_version").notNull(),
    address: text(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("account_consents_account").on(t.accountId),
    foreignKey({
      name: "account_consents_owner",
      columns: [t.accountId, t.userId],
      foreignColumns: [chatgptAccounts.id, chatgptAccounts.userId],
    }),
  ],
);

/** One device-code sign-in from code to end. */
export const signIns = pgTable(
  "sign_ins",
  {
    id: text().primaryKey(),
    accountId: text("account_id").notNull(),
    userId: text("user_id").notNull(),
    state: text({ enum: ["starting", "waiting", "succeeded", "cancelled", "expired", "refused", "failed"] })
      .notNull()
      .default("starting"),
    /** Shown to the owner, worthless after the end; emptied then. */
    userCode: text("user_code"),
    verificationUrl: text("verification_url"),
    expiresAt: timestamp("expires_at", { withTimezone: true }),
    /** For the owner: what went wrong and what to do. */
    message: text(),
    address: text(),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
    endedAt: timestamp("ended_at", { withTimezone: true }),
  },
  (t) => [
    uniqueIndex("sign_ins_one_running")
      .on(t.accountId)
      .where(sql`${t.endedAt} is null`),
    index("sign_ins_user").on(t.userId, t.createdAt),
    foreignKey({ name: "sign_ins_owner", columns: [t.accountId, t.userId], foreignColumns: [chatgptAccounts.id, chatgptAccounts.userId] }),
    check(
      "sign_ins_state_known",
      sql`${t.state} in ('starting', 'waiting', 'succeeded', 'cancelled', 'expired', 'refused', 'failed')
        and (${t.state} in ('starting', 'waiting')) = (${t.endedAt} is null)`,
    ),
    check("sign_ins_code_forgotten", sql`${t.endedAt} is null or ${t.userCode} is null`),
  ],
);

/** The last known state of each usage window of an account. `limit_id` is OpenAI's; one model's limit has its own. */
export const usageWindows = pgTable(
  "usage_windows",
  {
    accountId: text("account_id")
      .notNull()
      .references(() => chatgptAccounts.id),
    limitId: text("limit_id").notNull(),
    /** Length; what a window is, is told by this and never by the slot in which it arrives. */
    windowMinutes: integer("window_minutes").notNull(),
    limitName: text("limit_name"),
    usedPercent: integer("used_percent").notNull(),
    resetsAt: timestamp("resets_at", { withTimezone: true }),
    observedAt: timestamp("observed_at", { withTimezone: true }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.limitId, t.windowMinutes] }),
    check("usage_windows_sane", sql`${t.usedPercent} between 0 and 100 and ${t.windowMinutes} > 0`),
  ],
);

/** How a window filled: one row whenever the percentage or the reset instant changed. */
export const windowSamples = pgTable(
  "window_samples",
  {
    accountId: text("account_id")
      .notNull()
      .references(() => chatgptAccounts.id),
    limitId: text("limit_id").notNull(),
    windowMinutes: integer("window_minutes").notNull(),
    observedAt: timestamp("observed_at", { withTimezone: true }).notNull(),
    usedPercent: integer("used_percent").notNull(),
    resetsAt: timestamp("resets_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.limitId, t.windowMinutes, t.observedAt] })],
);

/** On-demand credits of the ChatGPT account, where OpenAI reports them. Latest only. */
export const accountCredits = pgTable("account_credits", {
  accountId: text("account_id")
    .primaryKey()
    .references(() => chatgptAccounts.id),
  hasCredits: text("has_credits", { enum: ["yes", "no", "unlimited"] }).notNull(),
  /** As OpenAI writes it. */
  balance: text(),
  observedAt: timestamp("observed_at", { withTimezone: true }).notNull(),
});

/** What happened to an account and its container, for its owner's evidence page. No prompts, no tokens. */
export const accountEvents = pgTable(
  "account_events",
  {
    id: text().primaryKey(),
    accountId: text("account_id")
      .notNull()
      .references(() => chatgptAccounts.id),
    /** container_started, container_stopped, container_failed, signed_in, signed_out, window_closed, window_opened, egress_refused, … */
    kind: text().notNull(),
    detail: text(),
    fence: bigint({ mode: "number" }),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index("account_events_account").on(t.accountId, t.createdAt.desc())],
);
