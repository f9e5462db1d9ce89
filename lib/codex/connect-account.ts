import { and, eq, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { accountConsents, chatgptAccounts } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { CONSENT } from "@/lib/codex/consent-text";
import { requireCodexOpen } from "@/lib/codex/require-codex-open";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { checkLaneLabel } from "@/lib/lanes/lane-label";
import { makeRoom } from "@/lib/lanes/make-room";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { isCodexPlanRequired } from "@/lib/settings/codex-switch";
import { lockUser } from "@/lib/users/lock-user";

/** One person hardly has more, and each one is a container. */
const ACCOUNTS_MAX = 6;

export type NewConnection = {
  userId: string;
  label: string;
  /** Of the words that the owner has just agreed to. */
  textVersion: string;
  address: string | null;
  actor: Actor;
};

/**
 * A place for a ChatGPT account: its row, its consent, and its lane, which waits for the sign-in. It comes after the owner's other
 * Codex lanes and before the paid ones.
 */
export async function connectAccount(tx: Tx, input: NewConnection): Promise<{ accountId: string; laneId: string; position: number }> {
  const { userId, textVersion, address, actor } = input;
  const label = checkLaneLabel(input.label);
  if (textVersion !== CONSENT.version) {
    throw new AppError("conflict", "The words that you confirm have changed. Read them again.", { param: "textVersion" });
  }
  await requireCodexOpen(tx);
  if (await isCodexPlanRequired(tx)) {
    throw new AppError("forbidden", "ChatGPT accounts come with the monthly plan, which this account does not have.");
  }
  await lockUser(tx, userId);
  const before = await ownLanes(tx, userId);
  await requireRoom(tx, userId);
  const accountId = newId("acct");
  const laneId = newId("lane");
  const position = before.findLastIndex((lane) => lane.kind === "codex") + 2;
  await tx.insert(chatgptAccounts).values({ id: accountId, userId });
  await tx.insert(accountConsents).values({ id: newId("consent"), accountId, userId, textVersion, address });
  await makeRoom(tx, { userId, position });
  await tx.insert(lanes).values({
    id: laneId,
    userId,
    kind: "codex",
    position,
    label,
    state: "signed_out",
    stateReason: "not signed in yet",
    chatgptAccountId: accountId,
  });
  await recordAudit(tx, {
    actor,
    action: "lane.add",
    subject: laneId,
    after: { userId, kind: "codex", position, label, accountId, consent: textVersion },
  });
  return { accountId, laneId, position };
}

/** One that is being removed still has its home. */
async function requireRoom(tx: Tx, userId: string): Promise<void> {
  const count = await tx.$count(chatgptAccounts, and(eq(chatgptAccounts.userId, userId), ne(chatgptAccounts.state, "removed")));
  if (count >= ACCOUNTS_MAX) {
    throw new AppError("conflict", `You have ${ACCOUNTS_MAX} ChatGPT accounts here, which is the most. Remove one first.`);
  }
}
