import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { statusHours, statusIncidents } from "@/db/schema/status";
import { newId } from "@/lib/ids/ids";
import { STATUS_COMPONENTS, type StatusComponent } from "@/lib/status/status-components";

/**
 * probed: one probe, to be counted. down: it has failed often enough, since `at`, to be an incident. up: it has succeeded often
 * enough, since `at`, for the incident to be over; says nothing when there is none.
 */
export type Finding =
  | { kind: "probed"; component: StatusComponent; at: Date; passed: boolean; latencyMs: number }
  | { kind: "down" | "up"; component: StatusComponent; at: Date };

const HOUR_MS = 3_600_000;

/** In the order in which they were found. Several processes may probe: an incident is opened once and closed by whoever is first. */
export async function recordFindings(tx: Tx, findings: readonly Finding[]): Promise<void> {
  for (const finding of findings) {
    if (finding.kind === "probed") await count(tx, finding);
    else if (finding.kind === "down") await open(tx, finding);
    else await close(tx, finding);
  }
}

async function count(tx: Tx, { component, at, passed, latencyMs }: Extract<Finding, { kind: "probed" }>): Promise<void> {
  const one = { probes: 1, failures: passed ? 0 : 1, latencyMsSum: passed ? Math.round(latencyMs) : 0 };
  await tx
    .insert(statusHours)
    .values({ component, hour: new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS), ...one })
    .onConflictDoUpdate({
      target: [statusHours.component, statusHours.hour],
      set: {
        probes: sql`${statusHours.probes} + excluded.probes`,
        failures: sql`${statusHours.failures} + excluded.failures`,
        latencyMsSum: sql`${statusHours.latencyMsSum} + excluded.latency_ms_sum`,
      },
    });
}

async function open(tx: Tx, { component, at }: { component: StatusComponent; at: Date }): Promise<void> {
  const summary = STATUS_COMPONENTS.find(({ id }) => id === component)!.trouble;
  await tx
    .insert(statusIncidents)
    .values({ id: newId("inc"), component, summary, startedAt: at })
    .onConflictDoNothing({ target: statusIncidents.component, where: isNull(statusIncidents.resolvedAt) });
}

/** Never before it began: the clocks of two machines may differ. */
async function close(tx: Tx, { component, at }: { component: StatusComponent; at: Date }): Promise<void> {
  await tx
    .update(statusIncidents)
    .set({ resolvedAt: sql`greatest(${statusIncidents.startedAt}, ${at.toISOString()}::timestamptz)` })
    .where(and(eq(statusIncidents.component, component), isNull(statusIncidents.resolvedAt)));
}
