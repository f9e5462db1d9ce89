import type { Runtime } from "@/lib/runtime/runtime";
import { retryParkedSettlements } from "@/lib/wallet/retry-parked-settlements";

/** A parked settlement may be acceptable after a fix; until then its hold stays and its alarm stands. */
export async function retryParked({ db, log }: Runtime): Promise<void> {
  const { settled, refused } = await retryParkedSettlements(db.sql);
  if (settled > 0) log.info({ settled }, "parked settlements settled");
  if (refused > 0) log.warn({ refused }, "parked settlements are still refused");
}
