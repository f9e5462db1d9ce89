import { notFound } from "next/navigation";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { readLane, type LaneView } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

/** For pages: the viewer's own lane. Anybody else's has no page of this kind, for admins neither. */
export async function ownLane(viewer: Viewer, laneId: string): Promise<LaneView> {
  const { ownerId, lane } = await visibleLane(viewer, laneId);
  if (ownerId !== viewer.userId) notFound();
  return lane;
}

/** For pages that an admin sees of everybody. */
export async function visibleLane(viewer: Viewer, laneId: string): Promise<{ ownerId: string; lane: LaneView }> {
  return readLane(runtime().db.orm, viewer, { laneId }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
}
