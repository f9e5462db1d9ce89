import { asc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

export type LaneView = {
  id: string;
  kind: "api_key" | "wallet";
  /** 1 is tried first. */
  position: number;
  label: string;
  state: "ready" | "exhausted" | "cooling" | "paused";
  stateReason: string | null;
  stateUntil: string | null;
  baseUrl: string | null;
  keyLastFour: string | null;
};

/** In the owner's order. */
export async function listLanes(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<LaneView[]> {
  requireSight(viewer, input.userId);
  const rows = await reader.select().from(lanes).where(eq(lanes.userId, input.userId)).orderBy(asc(lanes.position));
  return rows.map((lane) => ({
    id: lane.id,
    kind: lane.kind,
    position: lane.position,
    label: lane.label,
    state: lane.state,
    stateReason: lane.stateReason,
    stateUntil: lane.stateUntil?.toISOString() ?? null,
    baseUrl: lane.baseUrl,
    keyLastFour: lane.keyLastFour,
  }));
}
