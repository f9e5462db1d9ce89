import { and, eq } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import type { Sealer } from "@/lib/crypto/sealer";
import type { Clock } from "@/lib/time/clock";
import type { ActLimiter } from "@/lib/users/act-limiter";
import { drawLink, lastLinkEmail } from "@/lib/users/mail-links";
import { sendVerification } from "@/lib/users/send-verification";

export type ResendResult =
  | { kind: "sent"; email: string }
  /** The address is proved, or was never asked for. */
  | { kind: "not_waiting" }
  | { kind: "too_many_tries"; retryAfterS: number };

type Parts = { orm: Orm; clock: Clock; sealer: Sealer; limiter: ActLimiter };

/** Once more to the same address, or to another one that was meant. */
export async function resendVerification(
  { orm, clock, sealer, limiter }: Parts,
  input: { userId: string; otherEmail: string | null; address: string | null },
): Promise<ResendResult> {
  const { userId, address } = input;
  const email = input.otherEmail ?? (await lastLinkEmail(orm, { userId, kind: "verify_email" }));
  if (email === null) return { kind: "not_waiting" };
  const retryAfterS = await limiter.count("mail", { address, subject: email });
  if (retryAfterS !== null) return { kind: "too_many_tries", retryAfterS };
  const link = drawLink(sealer);
  const now = clock.now();
  return withTransaction(orm, async (tx) => {
    const [user] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.id, userId), eq(users.status, "unverified")))
      .for("update");
    if (!user) return { kind: "not_waiting" };
    await sendVerification(tx, { userId, email, link, now });
    return { kind: "sent", email };
  });
}
