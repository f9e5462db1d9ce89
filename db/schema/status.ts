import { sql } from "drizzle-orm";
import { bigint, check, index, integer, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";

/** What the probes of the public status page found, summed by the hour. */
export const statusHours = pgTable(
  "status_hours",
  {
    component: text().notNull(),
    hour: timestamp({ withTimezone: true }).notNull(),
    probes: integer().notNull(),
    failures: integer().notNull(),
    /** Of the probes that succeeded, for the mean. */
    latencyMsSum: bigint("latency_ms_sum", { mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.component, t.hour] }),
    check("status_hours_counted", sql`${t.failures} between 0 and ${t.probes} and ${t.latencyMsSum} >= 0`),
  ],
);

/** Opened by the probes after several failures in a row, closed by several successes; at most one open per component. */
export const statusIncidents = pgTable(
  "status_incidents",
  {
    id: text().primaryKey(),
    component: text().notNull(),
    /** In words for everyone: no address and no secret. */
    summary: text().notNull(),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    resolvedAt: timestamp("resolved_at", { withTimezone: true }),
  },
  (t) => [
    index("status_incidents_started").on(t.startedAt.desc()),
    uniqueIndex("status_incidents_open_once")
      .on(t.component)
      .where(sql`${t.resolvedAt} is null`),
  ],
);
