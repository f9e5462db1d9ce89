import { desc, gte, isNull, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { statusHours, statusIncidents } from "@/db/schema/status";
import { STATUS_COMPONENTS, type StatusComponent } from "@/lib/status/status-components";

export type StatusDay = {
  /** UTC, like 2026-11-21. */
  day: string;
  /** 0: nothing was probed. */
  probes: number;
  failures: number;
};

export type ComponentStatus = {
  id: StatusComponent;
  name: string;
  probed: string;
  /** unknown: not probed lately. */
  state: "working" | "down" | "unknown";
  /** Oldest first, one for each of the last 90 days. */
  days: StatusDay[];
  /** Of the probes of those days, in hundredths of a percent, rounded down; null: there were none. */
  passedPerTenThousand: number | null;
  /** Mean of the successful probes of the last hours; null: there were none. */
  latencyMs: number | null;
};

export type StatusIncident = { id: string; name: string; summary: string; startedAt: string; resolvedAt: string | null };

export type StatusView = { components: ComponentStatus[]; incidents: StatusIncident[]; readAt: string };

export const STATUS_DAYS = 90;
const INCIDENTS_MAX = 100;
const DAY_MS = 86_400_000;
/** The hour that runs and the one before: at the turn of the hour there may be no probe of it yet. */
const LATELY_MS = 2 * 3_600_000;
/** Shown even when they were never probed. */
const ALWAYS: readonly StatusComponent[] = ["gateway", "database"];

/** For everyone: counts and fixed words only. */
export async function readStatus(reader: Reader, now: Date): Promise<StatusView> {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const from = new Date(today - (STATUS_DAYS - 1) * DAY_MS);
  const lately = new Date(now.getTime() - LATELY_MS);
  const day = sql<string>`to_char(${statusHours.hour} at time zone 'UTC', 'YYYY-MM-DD')`;
  const isLate = sql`${statusHours.hour} > ${lately.toISOString()}::timestamptz`;
  const rows = await reader
    .select({
      component: statusHours.component,
      day,
      probes: sql<number>`sum(${statusHours.probes})::int`,
      failures: sql<number>`sum(${statusHours.failures})::int`,
      lateProbes: sql<number>`coalesce(sum(${statusHours.probes}) filter (where ${isLate}), 0)::int`,
      lateFailures: sql<number>`coalesce(sum(${statusHours.failures}) filter (where ${isLate}), 0)::int`,
      lateLatencyMs: sql<number>`coalesce(sum(${statusHours.latencyMsSum}) filter (where ${isLate}), 0)::float8`,
    })
    .from(statusHours)
    .where(gte(statusHours.hour, from))
    .groupBy(statusHours.component, day);
  const incidents = await reader
    .select()
    .from(statusIncidents)
    .where(or(isNull(statusIncidents.resolvedAt), gte(statusIncidents.startedAt, from)))
    .orderBy(desc(statusIncidents.startedAt))
    .limit(INCIDENTS_MAX);
  const open = new Set(incidents.filter(({ resolvedAt }) => resolvedAt === null).map(({ component }) => component));

  const components = STATUS_COMPONENTS.flatMap(({ id, name, probed }): ComponentStatus[] => {
    const own = rows.filter(({ component }) => component === id);
    if (own.length === 0 && !open.has(id) && !ALWAYS.includes(id)) return [];
    const byDay = new Map(own.map((row) => [row.day, row]));
    const days = Array.from({ length: STATUS_DAYS }, (_, at) => {
      const text = new Date(from.getTime() + at * DAY_MS).toISOString().slice(0, 10);
      return { day: text, probes: byDay.get(text)?.probes ?? 0, failures: byDay.get(text)?.failures ?? 0 };
    });
    const probes = sum(own.map((row) => row.probes));
    const lateProbes = sum(own.map((row) => row.lateProbes));
    const latePassed = lateProbes - sum(own.map((row) => row.lateFailures));
    return [
      {
        id,
        name,
        probed,
        state: open.has(id) ? "down" : lateProbes > 0 ? "working" : "unknown",
        days,
        passedPerTenThousand: probes === 0 ? null : Math.floor(((probes - sum(own.map((row) => row.failures))) * 10_000) / probes),
        latencyMs: latePassed === 0 ? null : Math.round(sum(own.map((row) => row.lateLatencyMs)) / latePassed),
      },
    ];
  });
  return {
    components,
    incidents: incidents.map(({ id, component, summary, startedAt, resolvedAt }) => ({
      id,
      name: STATUS_COMPONENTS.find((known) => known.id === component)?.name ?? component,
      summary,
      startedAt: startedAt.toISOString(),
      resolvedAt: resolvedAt?.toISOString() ?? null,
    })),
    readAt: now.toISOString(),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
