import { and, asc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import { apiKeys, keyHelpers } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import { users, type UserStatus } from "@/db/schema/users";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { leaveAccount } from "@/lib/codex/leave-account";
import { AppError } from "@/lib/errors/app-error";
import { queueMail } from "@/lib/mail/queue-mail";
import { forgetPerson } from "@/lib/users/forget-person";

export type UserDeletion = {
  userId: string;
  actor: Actor;
  now: Date;
  /** Only while the user is this: whoever confirms the address, or is let in, at the same moment stays. */
  onlyIf?: UserStatus;
};

/** In the place of every name that the person gave. */
const NAMELESS = "deleted";

/**
 * Ends an account for good. Keys and sessions are worth nothing from the commit on, the lanes are gone with their sealed keys, and
 * everything personal is taken out. What stays: the bare user row, the keys' rows and the ledger, which refer to it, and the request
 * log, which `eraseTraces` makes anonymous. Requests that are running finish and are charged.
 *
 * Null: there is nobody (any more) to delete. `accountIds`: the ChatGPT accounts whose runners the caller tells to sign out and to
 * delete the home; one that hears nothing finds it in the database.
 */
export async function deleteUser(tx: Tx, { userId, actor, now, onlyIf }: UserDeletion): Promise<{ accountIds: string[] } | null> {
  const [found] = await tx.select({ role: users.role }).from(users).where(eq(users.id, userId));
  if (found?.role === "admin") await lockAdmins(tx);
  // As `lockUser`: whoever writes for the user waits, and then finds nobody.
  const [user] = await tx.select().from(users).where(eq(users.id, userId)).for("no key update");
  if (!user || user.status === "deleted" || (onlyIf !== undefined && user.status !== onlyIf)) return null;
  if (user.role === "admin") await requireOtherAdmin(tx, userId);

  const { username, email } = user;
  await forgetPerson(tx, { userId, username, email });
  const accountIds = await leaveLanes(tx, userId);
  await endKeys(tx, userId, now);
  await tx
    .update(users)
    .set({
      username: `${NAMELESS}-${userId.replace(/^usr_/, "")}`,
      email: null,
      emailVerifiedAt: null,
      passwordHash: null,
      passwordOneTime: false,
      timeZone: null,
      totpSecret: null,
      totpStartedAt: null,
      totpConfirmedAt: null,
      totpLastStep: null,
      signUpNote: null,
      status: "deleted",
      deletedAt: now,
      sessionVersion: sql`${users.sessionVersion} + 1`,
    })
    .where(eq(users.id, userId));
  // Who asked for it is told; what the system clears away, nobody asked for.
  if (email !== null && actor.kind !== "system") await queueMail(tx, { kind: "account_deleted", recipient: email, payload: {} });
  // Without the address: it would be the last that is known of the person.
  const namelessActor: Actor = actor.kind === "user" ? { kind: "user", userId: actor.userId } : actor;
  await recordAudit(tx, { actor: namelessActor, action: "user.delete", subject: userId, before: { status: user.status } });
  return { accountIds };
}

/** All at once, always in the same order: two of them cannot each leave as the last but one. */
async function lockAdmins(tx: Tx): Promise<void> {
  await tx.select({ id: users.id }).from(users).where(eq(users.role, "admin")).orderBy(asc(users.id)).for("no key update");
}

async function requireOtherAdmin(tx: Tx, userId: string): Promise<void> {
  const others = await tx.$count(users, and(eq(users.role, "admin"), eq(users.status, "active"), ne(users.id, userId)));
  if (others === 0)
    throw new AppError("conflict", "The last admin cannot be deleted. Make another one first: nobody else could let people in.");
}

/** Also those of keys that may use no other: they are revoked in the same transaction. */
async function leaveLanes(tx: Tx, userId: string): Promise<string[]> {
  const accounts = await tx
    .select({ id: chatgptAccounts.id })
    .from(chatgptAccounts)
    .where(and(eq(chatgptAccounts.userId, userId), ne(chatgptAccounts.state, "removed")))
    .orderBy(asc(chatgptAccounts.id));
  const accountIds = accounts.map(({ id }) => id);
  for (const accountId of accountIds) await leaveAccount(tx, accountId);
  // The account knows its address no more; the hash of its identity stays until its home is gone, so that nobody else connects it before.
  if (accountIds.length > 0) {
    await tx.update(chatgptAccounts).set({ email: null, planType: null }).where(inArray(chatgptAccounts.id, accountIds));
  }
  // Out of the lane sets of keys as well (foreign key).
  await tx.delete(lanes).where(eq(lanes.userId, userId));
  return accountIds;
}

async function endKeys(tx: Tx, userId: string, now: Date): Promise<void> {
  const revokedAt = sql`coalesce(revoked_at, ${now.toISOString()}::timestamptz)`;
  // In the order in which requests lock them.
  await tx.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.userId, userId)).orderBy(asc(apiKeys.id)).for("no key update");
  await tx
    .update(apiKeys)
    .set({ name: NAMELESS, sealedSecret: Buffer.alloc(0), ipAllow: null, revokedAt })
    .where(eq(apiKeys.userId, userId));
  await tx.update(keyHelpers).set({ name: NAMELESS, revokedAt }).where(eq(keyHelpers.userId, userId));
}
