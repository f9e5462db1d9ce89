import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, signIns } from "@/db/schema/chatgpt";
import { endSignInWithin } from "@/lib/codex/end-sign-in";
import { recordEvent } from "@/lib/codex/record-event";

/**
 * The account of a lane that goes. While its home may exist it is `removing`: a runner logs out, deletes the home and ends it, and
 * until then nobody else can connect the same ChatGPT account. One that no runner ever had is gone at once.
 */
export async function leaveAccount(tx: Tx, accountId: string): Promise<void> {
  const [account] = await tx.select().from(chatgptAccounts).where(eq(chatgptAccounts.id, accountId)).for("no key update");
  if (!account || account.state === "removed") return;
  const running = await tx
    .select({ id: signIns.id })
    .from(signIns)
    .where(and(eq(signIns.accountId, accountId), isNull(signIns.endedAt)));
  for (const { id } of running) await endSignInWithin(tx, { signInId: id, state: "cancelled", message: "The lane was removed." });
  const hasNoHome = account.host === null && account.containerState === "none";
  await tx
    .update(chatgptAccounts)
    .set(
      hasNoHome
        ? { state: "removed", stateReason: null, removedAt: sql`clock_timestamp()`, identityHash: null, email: null }
        : { state: "removing", stateReason: "removed by its owner" },
    )
    .where(eq(chatgptAccounts.id, accountId));
  await recordEvent(tx, { accountId, kind: "removing", detail: hasNoHome ? "it had no home" : null, fence: null });
}
