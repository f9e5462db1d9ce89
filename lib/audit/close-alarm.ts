import { and, eq, isNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { alarms } from "@/db/schema/operations";
import type { Clock } from "@/lib/time/clock";

/** For whoever sees that the cause has gone; what an operator says is `resolveAlarm`. */
export async function closeAlarm(tx: Tx, { kind, subject, clock }: { kind: string; subject: string; clock: Clock }): Promise<void> {
  await tx
    .update(alarms)
    .set({ resolvedAt: clock.now() })
    .where(and(eq(alarms.kind, kind), eq(alarms.subject, subject), isNull(alarms.resolvedAt)));
}
