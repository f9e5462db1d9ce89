import { desc, eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { signIns } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { isId } from "@/lib/ids/ids";

export type SignInView = {
  id: string;
  state: (typeof signIns.$inferSelect)["state"];
  /** While it waits, for its owner in a browser alone: whoever enters the code decides whose account this lane gets. */
  code: { userCode: string; verificationUrl: string } | null;
  expiresAt: string | null;
  message: string | null;
  createdAt: string;
  endedAt: string | null;
};

/** The newest sign-in of a Codex lane; null before the first one. */
export async function readSignIn(reader: Reader, viewer: Viewer, input: { laneId: string }): Promise<SignInView | null> {
  const [lane] = isId(input.laneId)
    ? await reader.select({ ownerId: lanes.userId, accountId: lanes.chatgptAccountId }).from(lanes).where(eq(lanes.id, input.laneId))
    : [];
  if (!lane?.accountId) throw new AppError("not_found", "There is no such lane.");
  requireSight(viewer, lane.ownerId);
  const [row] = await reader
    .select()
    .from(signIns)
    .where(eq(signIns.accountId, lane.accountId))
    .orderBy(desc(signIns.createdAt), desc(signIns.id))
    .limit(1);
  if (!row) return null;
  const maySeeCode = viewer.userId === lane.ownerId && viewer.via.kind === "session";
  const { userCode, verificationUrl } = row;
  return {
    id: row.id,
    state: row.state,
    code: maySeeCode && row.state === "waiting" && userCode && verificationUrl ? { userCode, verificationUrl } : null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    message: row.message,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
