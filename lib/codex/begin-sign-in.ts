import { and, eq, gt, isNull, sql, type SQL } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, signIns } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { lockOwnAccount } from "@/lib/codex/lock-own-account";
import { recordEvent } from "@/lib/codex/record-event";
import { requireCodexOpen } from "@/lib/codex/require-codex-open";
import { AppError } from "@/lib/errors/app-error";
import { clientNetwork, readIpAddress } from "@/lib/http/ip-address";
import { isSharedAddress, SHARED_FACTOR } from "@/lib/http/shared-address";
import { newId } from "@/lib/ids/ids";
import { lockUser } from "@/lib/users/lock-user";

/** Each one is a container that waits for minutes: per user and per network, within an hour. */
const SIGN_INS_PER_HOUR_MAX = 12;
/** Of one user at one time. */
const RUNNING_MAX = 2;
/** Of one network at one time, so that nobody takes the places of everybody else with many user names. */
const RUNNING_PER_NETWORK_MAX = 4;

/** The row that a runner then fills; the caller asks it to. One per account at one time. */
export async function beginSignIn(
  tx: Tx,
  input: { accountId: string; userId: string; address: string | null },
): Promise<{ signInId: string }> {
  const { accountId, userId, address } = input;
  await requireCodexOpen(tx);
  // The user first: the caps count all of their accounts.
  await lockUser(tx, userId);
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
  const visitor = address === null ? null : visitorOf(address);
  if (visitor) await requireFewOfNetwork(tx, visitor);
  const isRecent = gt(signIns.createdAt, sql`clock_timestamp() - interval '1 hour'`);
  const ofUser = await tx.$count(signIns, and(eq(signIns.userId, userId), isRecent));
  const ofNetwork = visitor ? await tx.$count(signIns, and(visitor.isTheirs, isRecent)) : 0;
  if (ofUser >= SIGN_INS_PER_HOUR_MAX || ofNetwork >= SIGN_INS_PER_HOUR_MAX * (visitor?.factor ?? 1)) {
    throw new AppError("rate_limited", "There were many sign-ins within the last hour. Try again later.", { retryAfterS: 3600 });
  }
}

type Visitor = { network: string; isTheirs: SQL; factor: number };

/** Null: the text is no address. */
function visitorOf(address: string): Visitor | null {
  const known = readIpAddress(address);
  if (known === null) return null;
  const network = clientNetwork(known.text);
  const isTheirs = sql`case when pg_input_is_valid(${signIns.address}, 'inet') then ${signIns.address}::inet <<= ${network}::inet end`;
  return { network, isTheirs, factor: isSharedAddress(known) ? SHARED_FACTOR : 1 };
}

/** One after the other: two could both be the last one that fits. */
async function requireFewOfNetwork(tx: Tx, { network, isTheirs, factor }: Visitor): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`sign-ins of ${network}`}, 0))`);
  const running = await tx.$count(signIns, and(isNull(signIns.endedAt), isTheirs));
  if (running >= RUNNING_PER_NETWORK_MAX * factor) {
    throw new AppError("rate_limited", "Many sign-ins are under way from your network. Try again in a few minutes.", { retryAfterS: 300 });
  }
}
