import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { signIns } from "@/db/schema/chatgpt";
import { endSignInWithin } from "@/lib/codex/end-sign-in";
import { AppError } from "@/lib/errors/app-error";

/**
 * The owner gives up. From here on an approval counts for nothing: what it signs in is logged out again. Cancelling one that has
 * ended changes nothing.
 */
export async function cancelSignIn(tx: Tx, input: { signInId: string; userId: string }): Promise<{ accountId: string }> {
  const [signIn] = await tx
    .select({ accountId: signIns.accountId })
    .from(signIns)
    .where(and(eq(signIns.id, input.signInId), eq(signIns.userId, input.userId)));
  if (!signIn) throw new AppError("not_found", "There is no such sign-in.");
  await endSignInWithin(tx, { signInId: input.signInId, state: "cancelled", message: "You cancelled the sign-in." });
  return signIn;
}
