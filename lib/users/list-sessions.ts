import { and, desc, eq, gt, isNull } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { sessions, users } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

export type SessionView = {
  id: string;
  /** The one that looks. */
  isThis: boolean;
  address: string | null;
  userAgent: string | null;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
};

const SESSIONS_MAX = 100;

/** Those that are open, the last seen first. */
export async function listSessions(reader: Reader, viewer: Viewer, { userId, now }: { userId: string; now: Date }): Promise<SessionView[]> {
  requireSight(viewer, userId);
  const rows = await reader
    .select({ session: sessions })
    .from(sessions)
    .innerJoin(users, and(eq(users.id, sessions.userId), eq(users.sessionVersion, sessions.sessionVersion)))
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), gt(sessions.expiresAt, now)))
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.id))
    .limit(SESSIONS_MAX);
  const own = viewer.via.kind === "session" ? viewer.via.sessionId : null;
  return rows.map(({ session }) => ({
    id: session.id,
    isThis: session.id === own,
    address: session.address,
    userAgent: session.userAgent,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }));
}
