import { sql } from "drizzle-orm";
import { check, integer, pgTable, text, timestamp, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { bytea } from "@/db/columns";
import { users } from "@/db/schema/users";

export const lanes = pgTable(
  "lanes",
  {
    id: text().primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    kind: text({ enum: ["api_key", "wallet"] }).notNull(),
    /** 1 is tried first. Unique per owner, checked at commit so that a re-ordering can pass through. */
    position: integer().notNull(),
    label: text().notNull(),
    state: text({ enum: ["ready", "exhausted", "cooling", "paused"] })
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
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    unique("lanes_owner").on(t.id, t.userId),
    uniqueIndex("lanes_one_wallet")
      .on(t.userId)
      .where(sql`${t.kind} = 'wallet'`),
    check("lanes_kind_known", sql`${t.kind} in ('api_key', 'wallet')`),
    check("lanes_state_known", sql`${t.state} in ('ready', 'exhausted', 'cooling', 'paused')`),
    check("lanes_until_known", sql`${t.state} not in ('exhausted', 'cooling') or ${t.stateUntil} is not null`),
    check(
      "lanes_credential_fits_kind",
      sql`(${t.kind} = 'api_key') = (${t.baseUrl} is not null and ${t.sealedKey} is not null and ${t.sealKeyId} is not null)`,
    ),
  ],
);
