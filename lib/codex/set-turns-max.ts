import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { lockOwnAccount } from "@/lib/codex/lock-own-account";
import { AppError } from "@/lib/errors/app-error";

/** Turns of one ChatGPT account at one time: what one person might run side by side. */
export const TURNS_MAX = 4;

export async function setTurnsMax(tx: Tx, input: { accountId: string; userId: string; turnsMax: number; actor: Actor }): Promise<void> {
  const { turnsMax, actor } = input;
  if (!Number.isInteger(turnsMax) || turnsMax < 1 || turnsMax > TURNS_MAX) {
    throw new AppError("request_invalid", `Turns at one time must be from 1 to ${TURNS_MAX}.`, { param: "turnsMax" });
  }
  const account = await lockOwnAccount(tx, input);
  await tx.update(chatgptAccounts).set({ turnsMax }).where(eq(chatgptAccounts.id, account.id));
  await recordAudit(tx, {
    actor,
    action: "chatgpt_account.turns_max",
    subject: account.id,
    before: { turnsMax: account.turnsMax },
    after: { turnsMax },
  });
}
