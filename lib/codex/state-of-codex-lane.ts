import { and, desc, eq, gt, gte, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts, usageWindows } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { ACCOUNT_LIMIT } from "@/lib/codex/judge-limits";

export type CodexLaneState =
  { state: "ready" | "signing_in" | "signed_out"; reason?: string } | { state: "exhausted"; reason: string; until: Date };

/**
 * What a Codex lane is when nothing but its account decides: signed in or not, and its windows as far as they are known. Null: no
 * Codex lane of this owner.
 */
export async function stateOfCodexLane(tx: Tx, input: { userId: string; laneId: string }): Promise<CodexLaneState | null> {
  const [account] = await tx
    .select({ id: chatgptAccounts.id, state: chatgptAccounts.state, stateReason: chatgptAccounts.stateReason })
    .from(chatgptAccounts)
    .innerJoin(lanes, eq(lanes.chatgptAccountId, chatgptAccounts.id))
    .where(and(eq(lanes.id, input.laneId), eq(lanes.userId, input.userId)))
    .for("no key update", { of: chatgptAccounts });
  if (!account) return null;
  if (account.state === "signing_in") return { state: "signing_in" };
  if (account.state !== "signed_in") return { state: "signed_out", reason: account.stateReason ?? "not signed in yet" };
  const [full] = await tx
    .select({ until: usageWindows.resetsAt })
    .from(usageWindows)
    .where(
      and(
        eq(usageWindows.accountId, account.id),
        eq(usageWindows.limitId, ACCOUNT_LIMIT),
        gte(usageWindows.usedPercent, 100),
        gt(usageWindows.resetsAt, sql`clock_timestamp()`),
      ),
    )
    .orderBy(desc(usageWindows.resetsAt))
    .limit(1);
  return full?.until ? { state: "exhausted", reason: "usage limit reached", until: full.until } : { state: "ready" };
}
