import { and, eq, isNull, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, signIns } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { endSignInWithin } from "@/lib/codex/end-sign-in";
import { recordEvent } from "@/lib/codex/record-event";

const REASON = "disconnected by a link in a mail";

/**
 * The person whose address it is says that this account must not be here. It answers nothing from this moment on; the caller tells
 * the runner to log out, and one that hears of it only later finds a sign-in that nobody wants and wipes it. Null: there is no
 * such account any more. Doing it twice changes nothing.
 */
export async function disconnectAccount(tx: Tx, input: { accountId: string; actor: Actor }): Promise<{ userId: string } | null> {
  const { accountId, actor } = input;
  const [account] = await tx.select().from(chatgptAccounts).where(eq(chatgptAccounts.id, accountId)).for("no key update");
  if (!account || account.state === "removed") return null;
  if (account.state !== "signed_in" && account.state !== "signing_in" && account.state !== "lost") return { userId: account.userId };
  const running = await tx
    .select({ id: signIns.id })
    .from(signIns)
    .where(and(eq(signIns.accountId, accountId), isNull(signIns.endedAt)));
  for (const { id } of running) await endSignInWithin(tx, { signInId: id, state: "cancelled", message: REASON });
  await tx
    .update(chatgptAccounts)
    .set({ state: account.identityHash === null ? "new" : "signed_out", stateReason: REASON })
    .where(eq(chatgptAccounts.id, accountId));
  await tx
    .update(lanes)
    .set({ state: "signed_out", stateReason: REASON, stateUntil: null })
    .where(and(eq(lanes.chatgptAccountId, accountId), ne(lanes.state, "paused")));
  await recordEvent(tx, { accountId, kind: "signed_out", detail: REASON, fence: null });
  await recordAudit(tx, {
    actor,
    action: "chatgpt_account.disconnect",
    subject: accountId,
    before: { state: account.state },
    note: REASON,
  });
  return { userId: account.userId };
}
