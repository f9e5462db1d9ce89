import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { users } from "@/db/schema/users";
import { recordAudit } from "@/lib/audit/record-audit";
import { openWalletLane } from "@/lib/lanes/open-wallet-lane";
import { queueMail } from "@/lib/mail/queue-mail";
import { takeLink } from "@/lib/users/mail-links";
import { otherOwnerOf } from "@/lib/users/send-verification";
import { lockAddress } from "@/lib/users/lock-address";

export type VerifyEmailResult =
  | { kind: "verified"; userId: string; status: "pending" | "active" }
  /** Used, void, too old, or not one of ours. */
  | { kind: "dead_link" }
  /** Somebody proved the same address first. */
  | { kind: "address_taken" };

type Verification = { secret: string; now: Date; signUp: "open" | "review" | "closed"; address: string | null };

/** The address becomes the user's, who is let in at once, or stands in line for an admin. */
export async function verifyEmail(tx: Tx, { secret, now, signUp, address }: Verification): Promise<VerifyEmailResult> {
  const link = await takeLink(tx, { kind: "verify_email", secret, now });
  if (!link) return { kind: "dead_link" };
  const { userId, email } = link;
  await lockAddress(tx, email);
  if ((await otherOwnerOf(tx, { userId, email })) !== null) return { kind: "address_taken" };
  const [user] = await tx.select({ status: users.status, username: users.username }).from(users).where(eq(users.id, userId)).for("update");
  if (user?.status !== "unverified") return { kind: "dead_link" };
  const status = signUp === "open" ? "active" : "pending";
  await tx.update(users).set({ email, emailVerifiedAt: now, status }).where(eq(users.id, userId));
  if (status === "active") await openWalletLane(tx, userId);
  else await tellAdmins(tx, { username: user.username, email });
  const actor = { kind: "user", userId, address: address ?? undefined } as const;
  await recordAudit(tx, { actor, action: "user.verify_email", subject: userId, before: { status: "unverified" }, after: { status } });
  return { kind: "verified", userId, status };
}

/** Who has no address finds the newcomer on the screen. */
async function tellAdmins(tx: Tx, payload: { username: string; email: string }): Promise<void> {
  const admins = await tx.select({ userId: users.id }).from(users).where(eq(users.role, "admin")).orderBy(users.id).limit(ADMINS_MAX);
  for (const { userId } of admins) await queueMail(tx, { kind: "sign_up_waits", userId, payload });
}

const ADMINS_MAX = 20;
