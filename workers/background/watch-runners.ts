import { withTransaction } from "@/db/transaction";
import { closeAlarm } from "@/lib/audit/close-alarm";
import { raiseAlarm } from "@/lib/audit/raise-alarm";
import { countFleet } from "@/lib/codex/count-fleet";
import { endDeadRunners } from "@/lib/codex/end-dead-runners";
import type { Runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

const ALARM = { kind: "codex_runner_missing", subject: "codex" };

/** Somebody must drive the containers: an operator hears of it within a minute when nobody does, and when somebody does again. */
export async function watchRunners({ db, log, clock }: Pick<Runtime, "db" | "log" | "clock">): Promise<void> {
  const dead = await endDeadRunners(db.sql);
  if (dead.length > 0) log.warn({ runners: dead }, "runners that fell silent are ended");
  const { lanes, runners } = await countFleet(db.sql);
  if (lanes > 0 && runners === 0 && (await areCodexLanesOn(db.sql))) {
    await raiseAlarm(db.sql, { ...ALARM, detail: `${lanes} Codex lanes are signed in, and no codex-runner is alive` });
  } else {
    await withTransaction(db.orm, (tx) => closeAlarm(tx, { ...ALARM, clock }));
  }
}
