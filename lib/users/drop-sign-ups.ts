import { and, asc, eq, lt, or } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { deleteUser } from "@/lib/users/delete-user";

/** From the sign-up. Its links are good for a day; whoever has not asked for another one by then does not come back. */
export const UNVERIFIED_KEPT_DAYS = 7;
/** From the refusal: so long it can be taken back, and be asked about. */
export const REJECTED_KEPT_DAYS = 30;
/** Of one run; more wait for the next hour. */
const USERS_MAX = 500;
const DAY_MS = 86_400_000;

/** Sign-ups whose address was never confirmed, and those that were refused: their usernames are free again. Returns how many there were. */
export async function dropSignUps(orm: Orm, { now }: { now: Date }): Promise<number> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
  const stale = await orm
    .select({ id: users.id, status: users.status })
    .from(users)
    .where(
      or(
        and(eq(users.status, "unverified"), lt(users.createdAt, daysAgo(UNVERIFIED_KEPT_DAYS))),
        and(eq(users.status, "rejected"), lt(users.reviewedAt, daysAgo(REJECTED_KEPT_DAYS))),
      ),
    )
    .orderBy(asc(users.createdAt))
    .limit(USERS_MAX);
  const actor = { kind: "system", process: "background" } as const;
  let dropped = 0;
  // Each in a transaction of its own: nobody's rows are locked for longer than one deletion takes.
  for (const { id: userId, status: onlyIf } of stale) {
    if (await withTransaction(orm, (tx) => deleteUser(tx, { userId, actor, now, onlyIf }))) dropped += 1;
  }
  return dropped;
}
