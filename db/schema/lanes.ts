import { sql } from "drizzle-orm";
import { check, foreignKey, integer, jsonb, pgTable, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea } from "@/db/columns";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import { users } from "@/db/schema/users";

export const lanes = pgTable(
  "lanes",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    kind: text({ enum: ["codex", "api_key", "wallet"] }).notNull(),
    /** 1 is tried first. Unique per owner, checked at commit so that a re-ordering can pass through. */
    position: integer().notNull(),
    label: text().notNull(),
    /** `signing_in` and `signed_out` are states of Codex lanes only. */
    state: text({ enum: ["ready", "signing_in", "signed_out", "exhausted", "cooling", "paused"] })
      .notNull()
      .default("ready"),
    stateReason: text("state_reason"),
    /** When an exhausted or cooling lane may be tried again. */
    stateUntil: timestamp("state_until", { withTimezone: true }),
    baseUrl: text("base_url"),
    /** The customer's own key, AES-256-GCM with the row id as AAD. */
    sealedKey: bytea("sealed_key"),
    /** Which master key sealed it. */
    sealKeyId: text("seal_key_id"),
    keyLastFour: text("key_last_four"),
    /** Codex lanes only: the account, which is this owner's and nobody else's. */
    chatgptAccountId: text("chatgpt_account_id"),
    /** Models whose own limit is used up, with the instant of their reset: `{"gpt-x": "2026-11-20T16:40:00.000Z"}`. */
    closedModels: jsonb("closed_models").$type<Record<string, string>>().notNull().default({}),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique("lanes_owner").on(t.id, t.userId),
    uniqueIndex("lanes_one_wallet")
      .on(t.userId)
      .where(sql`${t.kind} = 'wallet'`),
    check("lanes_kind_known", sql`${t.kind} in ('codex', 'api_key', 'wallet')`),
    check("lanes_state_known", sql`${t.state} in ('ready', 'signing_in', 'signed_out', 'exhausted', 'cooling', 'paused')`),
    check("lanes_sign_in_is_codex", sql`${t.state} not in ('signing_in', 'signed_out') or ${t.kind} = 'codex'`),
    unique("lanes_one_per_account").on(t.chatgptAccountId),
    check("lanes_account_fits_kind", sql`(${t.kind} = 'codex') = (${t.chatgptAccountId} is not null)`),
    // Both sides carry the owner: a lane can never stand on somebody else's account.
    foreignKey({
      name: "lanes_account_owner",
      columns: [t.chatgptAccountId, t.userId],
      foreignColumns: [chatgptAccounts.id, chatgptAccounts.userId],
    }),
    check("lanes_until_known", sql`${t.state} not in ('exhausted', 'cooling') or ${t.stateUntil} is not null`),
    check(
      "lanes_credential_fits_kind",
      sql`(${t.kind} = 'api_key') = (${t.baseUrl} is not null and ${t.sealedKey} is not null and ${t.sealKeyId} is not null)`,
    ),
  ],
);
