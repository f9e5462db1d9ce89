import { raiseAlarm } from "@/lib/audit/raise-alarm";
import type { Runtime } from "@/lib/runtime/runtime";
import { verifyLedger } from "@/lib/wallet/verify-ledger";

/** Recomputes the ledger every night: a difference must be heard of before a customer finds it. */
export async function checkLedger({ db, log }: Runtime): Promise<void> {
  const report = await verifyLedger(db.sql);
  if (report.ok) {
    log.info("ledger verified");
    return;
  }
  for (const check of report.checks.filter((entry) => !entry.ok)) {
    await raiseAlarm(db.sql, { kind: "ledger_difference", subject: check.name, detail: JSON.stringify(check.differences.slice(0, 10)) });
  }
}
