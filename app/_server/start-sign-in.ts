import { callRunnerAct, NobodyThere } from "@/app/_server/call-runner-act";
import { withTransaction } from "@/db/transaction";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { endSignIn } from "@/lib/codex/end-sign-in";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";

/**
 * Begins a device-code sign-in. While no runner is up, as at the first start, it waits for one to find it; whatever else keeps it from
 * beginning ends it at once, and its row says why. Throws the same words.
 */
export async function startSignIn(input: { accountId: string; userId: string; address: string | null }): Promise<void> {
  const { db } = runtime();
  const { accountId, userId, address } = input;
  const { signInId } = await withTransaction(db.orm, (tx) => beginSignIn(tx, input));
  try {
    await callRunnerAct(accountId, "sign-in", { userId, signInId, address });
  } catch (error) {
    if (error instanceof NobodyThere) return;
    const message = error instanceof AppError ? error.message : "Something went wrong on our side. Try again.";
    await endSignIn(db.sql, { signInId, state: "failed", message });
    throw error;
  }
}
