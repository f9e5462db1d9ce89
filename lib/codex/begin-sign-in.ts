import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, signIns } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { lockOwnAccount } from "@/lib/codex/lock-own-account";
import { recordEvent } from "@/lib/codex/record-event";
import { requireCodexOpen } from "@/lib/codex/require-codex-open";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { lockLanes } from "@/lib/lanes/lock-lanes";

/** Each one is a container that waits for minutes: per user and per address, within an hour. */
const SIGN_INS_PER_HOUR_MAX = 12;
/** Of one user at one time. */
const RUNNING_MAX = 2;

/** The row that a runner then fills; the caller asks it to. One per account at one time. */
export async function beginSignIn(
  tx: Tx,
  input: { accountId: string; userId: string; address: string | null },
): Promise<{ signInId: string }> {
  const { accountId, userId, address } = input;
  await requireCodexOpen(tx);
  // The user first: the caps count all of their accounts.
  await lockLanes(tx, userId);
  const account = await lockOwnAccount(tx, input);
  if (account.state === "signed_in") throw new AppError("conflict", "This ChatGPT account is signed in. Sign it out first.");
  await requireFew(tx, input);
  const signInId = newId("sin");
  await tx.insert(signIns).values({ id: signInId, accountId, userId, address });
  await tx.update(chatgptAccounts).set({ state: "signing_in", stateReason: null }).where(eq(chatgptAccounts.id, accountId));
  await tx
    .update(lanes)
    .set({ state: "signing_in", stateReason: null, stateUntil: null })
    .where(and(eq(lanes.chatgptAccountId, accountId), eq(lanes.state, "signed_out")));
  await recordEvent(tx, { accountId, kind: "signing_in", detail: null, fence: null });
  return { signInId };
}

async function requireFew(tx: Tx, { accountId, userId, address }: { accountId: string; userId: string; address: string | null }) {
  const running = await tx
    .select({ accountId: signIns.accountId })
    .from(signIns)
    .where(and(eq(signIns.userId, userId), isNull(signIns.endedAt)));
  if (running.some((row) => row.accountId === accountId)) {
    throw new AppError("conflict", "A sign-in for this ChatGPT account is under way. Finish or cancel it first.");
  }
  if (running.length >= RUNNING_MAX) throw new AppError("conflict", "Finish or cancel your other sign-ins first.");
  const isSame = address === null ? eq(signIns.userId, userId) : or(eq(signIns.userId, userId), eq(signIns.address, address));
  const recent = await tx.$count(signIns, and(isSame, gt(signIns.createdAt, sql`clock_timestamp() - interval '1 hour'`)));
  if (recent >= SIGN_INS_PER_HOUR_MAX) {
    throw new AppError("rate_limited", "There were many sign-ins within the last hour. Try again later.", { retryAfterS: 3600 });
  }
}
