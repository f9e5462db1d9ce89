import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { alarms } from "@/db/schema/operations";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import type { Clock } from "@/lib/time/clock";

/** Says that an operator has looked. The same cause may raise a new one. Resolving twice changes nothing. */
export async function resolveAlarm(
  tx: Tx,
  input: { alarmId: string; note?: string; actor: Actor; clock: Clock },
): Promise<{ changed: boolean }> {
  const [alarm] = await tx.select().from(alarms).where(eq(alarms.id, input.alarmId)).for("update");
  if (!alarm) throw new AppError("not_found", `There is no alarm ${input.alarmId}.`);
  if (alarm.resolvedAt) return { changed: false };
  await tx.update(alarms).set({ resolvedAt: input.clock.now() }).where(eq(alarms.id, alarm.id));
  await recordAudit(tx, {
    actor: input.actor,
    action: "alarm.resolve",
    subject: alarm.id,
    after: { kind: alarm.kind, subject: alarm.subject },
    note: input.note,
  });
  return { changed: true };
}
