import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Clock } from "@/lib/time/clock";
import { insertUser } from "@/lib/users/insert-user";

/** Comes in with a one-time password and chooses a password of their own. A username that an admin has changes nothing. */
export async function createAdmin(
  tx: Tx,
  input: { username: string; email?: string; oneTimePasswordHash: string; actor: Actor; clock: Clock },
): Promise<{ created: boolean; userId: string; username: string }> {
  const { user, created } = await insertUser(tx, {
    username: input.username,
    email: input.email ?? null,
    passwordHash: input.oneTimePasswordHash,
    passwordOneTime: true,
    role: "admin",
    createdAt: input.clock.now(),
  });
  if (created) {
    await recordAudit(tx, {
      actor: input.actor,
      action: "admin.create",
      subject: user.id,
      after: { username: user.username, email: user.email },
    });
  }
  return { created, userId: user.id, username: user.username };
}
