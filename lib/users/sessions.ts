import { and, eq, gt, isNull, ne, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { sessions, users, type UserStatus } from "@/db/schema/users";
import type { Viewer } from "@/lib/access/viewer";
import { clientNetwork } from "@/lib/http/ip-address";
import { newId } from "@/lib/ids/ids";
import { findUser } from "@/lib/users/find-user";
import { TAKEOVER_LINKS, voidLinks } from "@/lib/users/mail-links";

/** Counted from the sign-in: a session is never prolonged. */
export const SESSION_LIFETIME_S = 30 * 86_400;
const SEEN_STEP_MS = 60_000;
const USER_AGENT_MAX = 300;
/** Addresses of one user that are looked through. */
const ADDRESSES_MAX = 1_000;

export type OpenedSession = { id: string; userId: string; expiresAt: Date; mustChangePassword: boolean };

export type SignedIn = {
  sessionId: string;
  viewer: Viewer;
  /** Came in with a one-time password: nothing but the change of password is open. */
  mustChangePassword: boolean;
  /** Of the user. Unless it is `active`, nothing is open but the page that says what it means. */
  status: UserStatus;
};

export type OpenSession = {
  userId: string;
  sessionVersion: number;
  mustChangePassword: boolean;
  /** Of the one-time password that opens the session; null otherwise. */
  oneTimeHash: string | null;
  address: string | null;
  userAgent: string | null;
  now: Date;
};

export async function openSession(tx: Tx, input: OpenSession): Promise<OpenedSession> {
  const { now, userAgent, ...columns } = input;
  const session = {
    ...columns,
    id: newId("ses"),
    userAgent: userAgent?.slice(0, USER_AGENT_MAX) ?? null,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: new Date(now.getTime() + SESSION_LIFETIME_S * 1000),
  };
  await tx.insert(sessions).values(session);
  return session;
}

/** Null when the session is unknown, revoked, expired, or older than a sign-out everywhere. What it opens depends on `status` too. */
export async function readSession(reader: Reader, input: { sessionId: string; now: Date }): Promise<SignedIn | null> {
  const [row] = await reader
    .select({
      userId: users.id,
      username: users.username,
      role: users.role,
      status: users.status,
      mustChangePassword: sessions.mustChangePassword,
      lastSeenAt: sessions.lastSeenAt,
    })
    .from(sessions)
    .innerJoin(users, and(eq(users.id, sessions.userId), eq(users.sessionVersion, sessions.sessionVersion), ne(users.status, "deleted")))
    .where(and(eq(sessions.id, input.sessionId), isNull(sessions.revokedAt), gt(sessions.expiresAt, input.now)));
  if (!row) return null;
  if (input.now.getTime() - row.lastSeenAt.getTime() > SEEN_STEP_MS) {
    await reader.update(sessions).set({ lastSeenAt: input.now }).where(eq(sessions.id, input.sessionId));
  }
  const { userId, username, role } = row;
  return {
    sessionId: input.sessionId,
    viewer: { userId, username, role, via: { kind: "session", sessionId: input.sessionId } },
    mustChangePassword: row.mustChangePassword,
    status: row.status,
  };
}

/** Whether somebody has ever signed in to this name from this address, or for IPv6 from its network. */
export async function hasSignedInFrom(reader: Reader, input: { name: string; address: string | null }): Promise<boolean> {
  if (input.address === null) return false;
  const user = await findUser(reader, input.name);
  // Asked without a user too: the time must not tell which names exist.
  return hasUserSignedInFrom(reader, { userId: user?.id ?? "", address: input.address });
}

export async function hasUserSignedInFrom(reader: Reader, input: { userId: string; address: string | null }): Promise<boolean> {
  if (input.address === null) return false;
  const network = clientNetwork(input.address);
  const seen = await reader
    .selectDistinct({ address: sessions.address })
    .from(sessions)
    .where(eq(sessions.userId, input.userId))
    .limit(ADDRESSES_MAX);
  return seen.some(({ address }) => address !== null && clientNetwork(address) === network);
}

/** Doing it again changes nothing. */
export async function revokeSession(tx: Tx, input: { sessionId: string; now: Date }): Promise<void> {
  await tx
    .update(sessions)
    .set({ revokedAt: input.now })
    .where(and(eq(sessions.id, input.sessionId), isNull(sessions.revokedAt)));
}

/** Ends every session of the user, on all devices, from the next request on, and what somebody may have begun in one of them. */
export async function revokeAllSessions(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<void> {
  await tx
    .update(users)
    .set({ sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, userId));
  await voidLinks(tx, { userId, kinds: TAKEOVER_LINKS, now });
}
