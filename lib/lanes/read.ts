import { and, asc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { laneSpills } from "@/db/schema/routing";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { accountsOf, type AccountView } from "@/lib/codex/read";
import { AppError } from "@/lib/errors/app-error";
import { isId } from "@/lib/ids/ids";

export type LaneView = {
  id: string;
  kind: "codex" | "api_key" | "wallet";
  /** 1 is tried first. */
  position: number;
  label: string;
  state: "ready" | "signing_in" | "signed_out" | "exhausted" | "cooling" | "paused";
  stateReason: string | null;
  stateUntil: string | null;
  baseUrl: string | null;
  keyLastFour: string | null;
  /** Models whose own limit is used up, the one that opens first before the others. */
  closedModels: { model: string; until: string }[];
  /** What it took over from the Codex lanes above it in this UTC day; null: nothing, or it is a Codex lane. */
  spillToday: SpillView | null;
  /** Codex lanes only. */
  account: AccountView | null;
};

export type SpillView = { requests: number; firstReason: string; firstAt: string };

/** In the owner's order. */
export async function listLanes(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<LaneView[]> {
  requireSight(viewer, input.userId);
  const [rows, accounts] = await Promise.all([
    reader
      .select({ lane: lanes, spill: laneSpills })
      .from(lanes)
      .leftJoin(laneSpills, and(eq(laneSpills.laneId, lanes.id), sql`${laneSpills.day} = (now() at time zone 'utc')::date`))
      .where(eq(lanes.userId, input.userId))
      .orderBy(asc(lanes.position)),
    accountsOf(reader, viewer, input),
  ]);
  return rows.map(({ lane, spill }) => ({
    id: lane.id,
    kind: lane.kind,
    position: lane.position,
    label: lane.label,
    state: lane.state,
    stateReason: lane.stateReason,
    stateUntil: lane.stateUntil?.toISOString() ?? null,
    baseUrl: lane.baseUrl,
    keyLastFour: lane.keyLastFour,
    closedModels: Object.entries(lane.closedModels)
      .map(([model, until]) => ({ model, until }))
      .toSorted((one, other) => one.until.localeCompare(other.until)),
    spillToday:
      spill && spill.requests > 0
        ? { requests: spill.requests, firstReason: spill.firstReason, firstAt: spill.firstAt.toISOString() }
        : null,
    account: lane.chatgptAccountId === null ? null : (accounts.get(lane.chatgptAccountId) ?? null),
  }));
}

/** With its owner: an admin may look at anybody's. */
export async function readLane(reader: Reader, viewer: Viewer, input: { laneId: string }): Promise<{ ownerId: string; lane: LaneView }> {
  const [found] = isId(input.laneId) ? await reader.select({ ownerId: lanes.userId }).from(lanes).where(eq(lanes.id, input.laneId)) : [];
  if (!found) throw new AppError("not_found", "There is no such lane.");
  const lane = (await listLanes(reader, viewer, { userId: found.ownerId })).find(({ id }) => id === input.laneId);
  if (!lane) throw new AppError("not_found", "There is no such lane.");
  return { ownerId: found.ownerId, lane };
}
