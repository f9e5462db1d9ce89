import type { Runtime } from "@/lib/runtime/runtime";
import { dropSignUps } from "@/lib/users/drop-sign-ups";
import { eraseTraces } from "@/lib/users/erase-traces";

/** What deletion promises and could not do at once, and sign-ups that came to nothing. */
export async function erasePeople({ db, log, clock }: Pick<Runtime, "db" | "log" | "clock">): Promise<void> {
  const now = clock.now();
  const dropped = await dropSignUps(db.orm, { now });
  const erased = await eraseTraces(db.sql, { now });
  if (dropped > 0) log.info({ dropped }, "sign-ups that were never confirmed, or refused, are deleted");
  if (erased > 0) log.info({ erased }, "rows of deleted users made anonymous");
}
