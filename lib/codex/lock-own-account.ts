import { and, eq, notInArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import { AppError } from "@/lib/errors/app-error";

/** Locked until the transaction ends, so that no runner moves it meanwhile. */
export async function lockOwnAccount(tx: Tx, input: { accountId: string; userId: string }): Promise<typeof chatgptAccounts.$inferSelect> {
  const [account] = await tx
    .select()
    .from(chatgptAccounts)
    .where(
      and(
        eq(chatgptAccounts.id, input.accountId),
        eq(chatgptAccounts.userId, input.userId),
        notInArray(chatgptAccounts.state, ["removing", "removed"]),
      ),
    )
    .for("no key update");
  if (!account) throw new AppError("not_found", "There is no such ChatGPT account.");
  return account;
}
