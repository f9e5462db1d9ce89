import { askRunner } from "@/lib/codex/ask-runner";
import { type LaneToProbe, lanesToProbe } from "@/lib/codex/lanes-to-probe";
import type { Runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

/** Lanes that one run looks after; more wait for the next minute. */
const LANES_MAX = 50;
/** Of them at one time. */
const PARALLEL = 10;

/** Windows that have been reset: each account is asked once, and traffic moves back up where it says that there is room. */
export async function probeLanes({ config, db, log }: Pick<Runtime, "config" | "db" | "log">): Promise<void> {
  const { runnerSecret: secret } = config;
  if (secret === null || !(await areCodexLanesOn(db.sql))) return;
  const probe = async ({ accountId, userId }: LaneToProbe) => {
    const answer = await askRunner({ sql: db.sql, secret }, { accountId, act: "check-now", body: { userId } });
    if (answer.kind !== "done") log.warn({ accountId, answer: answer.kind }, "a lane whose window was reset could not be checked");
  };
  const due = await lanesToProbe(db.sql, LANES_MAX);
  for (let from = 0; from < due.length; from += PARALLEL) await Promise.all(due.slice(from, from + PARALLEL).map(probe));
}
