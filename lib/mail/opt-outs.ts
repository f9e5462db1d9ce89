import { and, eq, notInArray } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { mailOptOuts } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { OPTIONAL_MAILS, type OptionalMail } from "@/lib/mail/optional-mails";
import { lockUser } from "@/lib/users/lock-user";

/** The mails that the user does not want. */
export async function readOptOuts(reader: Reader, viewer: Viewer, { userId }: { userId: string }): Promise<OptionalMail[]> {
  requireSight(viewer, userId);
  const rows = await reader.select({ kind: mailOptOuts.kind }).from(mailOptOuts).where(eq(mailOptOuts.userId, userId));
  return OPTIONAL_MAILS.filter((kind) => rows.some((row) => row.kind === kind));
}

/** The whole choice at once. */
export async function setOptOuts(tx: Tx, { userId, kinds }: { userId: string; kinds: readonly OptionalMail[] }): Promise<void> {
  await lockUser(tx, userId);
  const wanted = kinds.length === 0 ? undefined : notInArray(mailOptOuts.kind, [...kinds]);
  await tx.delete(mailOptOuts).where(and(eq(mailOptOuts.userId, userId), wanted));
  if (kinds.length > 0) {
    await tx
      .insert(mailOptOuts)
      .values(kinds.map((kind) => ({ userId, kind })))
      .onConflictDoNothing();
  }
}
