import type { Viewer } from "@/lib/access/viewer";
import type { AccountView } from "@/lib/codex/read";
import { AppError } from "@/lib/errors/app-error";
import { readLane } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

/** For what only the owner does: an admin sees other people's lanes and does nothing with them. */
export async function ownCodexLane(viewer: Viewer, laneId: string): Promise<{ account: AccountView }> {
  const { ownerId, lane } = await readLane(runtime().db.orm, viewer, { laneId });
  if (ownerId !== viewer.userId || !lane.account) throw new AppError("not_found", "This lane is not there any more.");
  return { account: lane.account };
}
