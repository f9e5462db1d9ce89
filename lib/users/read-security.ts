import { and, desc, eq, gt, isNull } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { mailLinks, users } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { countRecoveryCodes } from "@/lib/users/recovery-codes";
import { isSetupOpen } from "@/lib/users/totp";

export type SecurityView = {
  username: string;
  email: string | null;
  emailVerifiedAt: string | null;
  /** A change that waits for the link in the mail. */
  newEmail: string | null;
  /** `started`: a secret is there and no code was given yet. */
  totp: "off" | "started" | "on";
  totpSince: string | null;
  recoveryCodesLeft: number;
};

export async function readSecurity(reader: Reader, viewer: Viewer, { userId, now }: { userId: string; now: Date }): Promise<SecurityView> {
  requireSight(viewer, userId);
  const [user] = await reader.select().from(users).where(eq(users.id, userId));
  if (!user) throw new AppError("not_found", "There is no such user.");
  const [waiting] = await reader
    .select({ email: mailLinks.email })
    .from(mailLinks)
    .where(and(eq(mailLinks.userId, userId), eq(mailLinks.kind, "change_email"), isNull(mailLinks.usedAt), gt(mailLinks.expiresAt, now)))
    .orderBy(desc(mailLinks.createdAt))
    .limit(1);
  return {
    username: user.username,
    email: user.email,
    emailVerifiedAt: user.emailVerifiedAt?.toISOString() ?? null,
    newEmail: waiting?.email ?? null,
    totp: user.totpConfirmedAt ? "on" : isSetupOpen(user, now) ? "started" : "off",
    totpSince: user.totpConfirmedAt?.toISOString() ?? null,
    recoveryCodesLeft: await countRecoveryCodes(reader, userId),
  };
}
