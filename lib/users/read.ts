import { asc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { wallets } from "@/db/schema/ledger";
import { sessions, users, type UserStatus } from "@/db/schema/users";
import { requireAdmin, requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { toUsdString } from "@/lib/money/micro-usd";

export type UserView = {
  id: string;
  username: string;
  email: string | null;
  role: "customer" | "admin";
  status: UserStatus;
  createdAt: string;
  wallet: { availableUsd: string; heldUsd: string };
  /** Requests in the kept part of the log. */
  requestsCount: number;
  /** The latest sign of life, on the screens or through the gateway. */
  lastSeenAt: string | null;
};

/** In alphabetical order; for admins. */
export async function listUsers(reader: Reader, viewer: Viewer): Promise<UserView[]> {
  requireAdmin(viewer);
  const rows = await selectUsers(reader).orderBy(asc(sql`lower(${users.username})`));
  return rows.map(toView);
}

export async function readUser(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<UserView> {
  requireSight(viewer, input.userId);
  const [row] = await selectUsers(reader).where(eq(users.id, input.userId));
  if (!row) throw new AppError("not_found", "There is no such user.");
  return toView(row);
}

function selectUsers(reader: Reader) {
  return reader
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      role: users.role,
      status: users.status,
      createdAt: users.createdAt,
      available: wallets.available,
      held: wallets.held,
      requestsCount: sql<number>`(select count(*)::int from requests r where r.user_id = ${users.id})`,
      lastSeenAt: sql`greatest(
        (select max(s.last_seen_at) from ${sessions} s where s.user_id = ${users.id}),
        (select max(u.last_used_at) from api_keys k join api_key_usage u on u.key_id = k.id where k.user_id = ${users.id}))`.mapWith(
        sessions.lastSeenAt,
      ),
    })
    .from(users)
    .innerJoin(wallets, eq(wallets.userId, users.id))
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectUsers>>[number];

function toView(row: Row): UserView {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    role: row.role,
    status: row.status,
    createdAt: row.createdAt.toISOString(),
    wallet: { availableUsd: toUsdString(row.available), heldUsd: toUsdString(row.held) },
    requestsCount: row.requestsCount,
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
  };
}
