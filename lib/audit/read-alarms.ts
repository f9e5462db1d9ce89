import { desc, isNull } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { alarms } from "@/db/schema/operations";
import { requireAdmin } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

export type AlarmView = {
  id: string;
  kind: string;
  subject: string;
  detail: string;
  /** How often it was raised since it opened. */
  count: number;
  createdAt: string;
  lastSeenAt: string;
  resolvedAt: string | null;
};

const LIMIT = 200;

/** Newest first; open ones only unless all are asked for. For admins. */
export async function listAlarms(reader: Reader, viewer: Viewer, input: { all?: boolean } = {}): Promise<AlarmView[]> {
  requireAdmin(viewer);
  const rows = await reader
    .select()
    .from(alarms)
    .where(input.all ? undefined : isNull(alarms.resolvedAt))
    .orderBy(desc(alarms.lastSeenAt), desc(alarms.id))
    .limit(LIMIT);
  return rows.map((alarm) => ({
    id: alarm.id,
    kind: alarm.kind,
    subject: alarm.subject,
    detail: alarm.detail,
    count: alarm.count,
    createdAt: alarm.createdAt.toISOString(),
    lastSeenAt: alarm.lastSeenAt.toISOString(),
    resolvedAt: alarm.resolvedAt?.toISOString() ?? null,
  }));
}
