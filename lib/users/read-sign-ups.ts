import { asc, desc, inArray, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { auditLog } from "@/db/schema/operations";
import { users } from "@/db/schema/users";
import { requireAdmin } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";

export type SignUpView = {
  id: string;
  username: string;
  email: string | null;
  /** What they want to use it for, in their own words. */
  note: string | null;
  status: "pending" | "rejected";
  createdAt: string;
  reviewedAt: string | null;
  /** Why they were refused, as the admin wrote it down. */
  reviewNote: string | null;
};

const SIGN_UPS_MAX = 200;

/** Who waits, the longest first, then who was refused, the latest first. For admins. */
export async function listSignUps(reader: Reader, viewer: Viewer): Promise<SignUpView[]> {
  requireAdmin(viewer);
  const rows = await reader
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      note: users.signUpNote,
      status: users.status,
      createdAt: users.createdAt,
      reviewedAt: users.reviewedAt,
      reviewNote: sql<string | null>`(select a.note from ${auditLog} a
        where a.subject = users.id and a.action = 'sign_up.refuse' order by a.created_at desc limit 1)`,
    })
    .from(users)
    .where(inArray(users.status, ["pending", "rejected"]))
    .orderBy(asc(users.status), desc(users.reviewedAt), asc(users.createdAt))
    .limit(SIGN_UPS_MAX);
  return rows.map(({ status, createdAt, reviewedAt, ...row }) => ({
    ...row,
    status: status === "pending" ? "pending" : "rejected",
    createdAt: createdAt.toISOString(),
    reviewedAt: reviewedAt?.toISOString() ?? null,
    reviewNote: status === "pending" ? null : row.reviewNote,
  }));
}
