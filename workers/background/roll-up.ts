import { raiseAlarm } from "@/lib/audit/raise-alarm";
import { markWrongUsage, refreshStaleUsage, rollUpUsage } from "@/lib/requests/roll-up-usage";
import type { Runtime } from "@/lib/runtime/runtime";

/** What the nightly check goes through: a row that is written later than this has been made anew after its mark, or never will be. */
const CHECKED_MS = 40 * 24 * 60 * 60_000;

export async function rollUp({ db, log, clock }: Pick<Runtime, "db" | "log" | "clock">): Promise<void> {
  const { refreshed } = await rollUpUsage(db.sql, { now: clock.now() });
  if (refreshed > 0) log.info({ refreshed }, "quarter-hours of usage summed up anew");
}

/** Compares the sums with the log every night, and mends what differs. */
export async function checkUsage({ db, log, clock }: Pick<Runtime, "db" | "log" | "clock">): Promise<void> {
  const wrong = await markWrongUsage(db.sql, { from: new Date(clock.now().getTime() - CHECKED_MS) });
  if (wrong === 0) {
    log.info("usage verified");
    return;
  }
  await raiseAlarm(db.sql, { kind: "usage_difference", subject: "usage_quarters", detail: `${wrong} quarter-hours differed from the log` });
  await refreshStaleUsage(db.sql);
}
