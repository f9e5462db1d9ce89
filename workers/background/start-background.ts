import { Logger as WorkerLogger, run, type TaskList } from "graphile-worker";
import type { Runtime } from "@/lib/runtime/runtime";
import { checkLedger } from "@/workers/background/check-ledger";
import { expireSignIns } from "@/lib/codex/expire-sign-ins";
import { pruneHistory } from "@/lib/codex/prune-history";
import { guardedAgent } from "@/lib/http/guarded-agent";
import { MAIL_QUEUED } from "@/lib/mail/queue-mail";
import { erasePeople } from "@/workers/background/erase-people";
import { keepPartitions } from "@/workers/background/keep-partitions";
import { checkUsage, rollUp } from "@/workers/background/roll-up";
import { makeCatalogue } from "@/workers/background/make-catalogue";
import { probeLanes } from "@/workers/background/probe-lanes";
import { retryParked } from "@/workers/background/retry-parked";
import { sendMails } from "@/workers/background/send-mails";
import { watchRunners } from "@/workers/background/watch-runners";
import { watchStatus } from "@/workers/background/watch-status";
import { ERASED_EVERY_HOURS } from "@/lib/users/erase-traces";
import { watchBalances } from "@/lib/wallet/balance-alerts";
import { expireDeadHolds } from "@/lib/wallet/heartbeat";

/** Dead holds that one run settles; more wait for the next minute. */
const EXPIRE_MAX = 500;
/** Beyond the longest answer: waiting for money, draining, settling. */
const AGE_MARGIN_S = 600;
const CONCURRENCY = 4;

/** All that happens without a request. Times are UTC. */
const CRONTAB = `
* * * * * expire-holds ?jobKey=expire-holds
* * * * * send-mails ?jobKey=send-mails
* * * * * watch-runners ?jobKey=watch-runners
* * * * * probe-lanes ?jobKey=probe-lanes
* * * * * expire-sign-ins ?jobKey=expire-sign-ins
* * * * * watch-balances ?jobKey=watch-balances
*/5 * * * * roll-up-usage ?jobKey=roll-up-usage
*/10 * * * * retry-parked ?jobKey=retry-parked
7 * * * * keep-partitions ?jobKey=keep-partitions
17 */${ERASED_EVERY_HOURS} * * * erase-people ?jobKey=erase-people
23 3 * * * check-ledger ?jobKey=check-ledger
31 3 * * * check-usage ?jobKey=check-usage
41 3 * * * prune-history ?jobKey=prune-history
`;

export async function startBackground(rt: Runtime): Promise<{ stop(): Promise<void> }> {
  const { config, db, log } = rt;
  const tasks: TaskList = {
    "expire-holds": async () => {
      const count = await expireDeadHolds(db.sql, {
        timeoutS: config.holdHeartbeatTimeoutS,
        ageMaxS: config.streamDeadlineS + AGE_MARGIN_S,
        limit: EXPIRE_MAX,
      });
      if (count > 0) log.warn({ count }, "holds of dead processes settled");
    },
    "retry-parked": () => retryParked(rt),
    "keep-partitions": () => keepPartitions(rt),
    "erase-people": () => erasePeople(rt),
    "check-ledger": () => checkLedger(rt),
    "make-catalogue": () => makeCatalogue(rt),
    "send-mails": () => sendMails(rt),
    "watch-runners": () => watchRunners(rt),
    "probe-lanes": () => probeLanes(rt),
    "expire-sign-ins": async () => {
      const count = await expireSignIns(db.sql);
      if (count > 0) log.info({ count }, "sign-ins that nobody ended are over");
    },
    "watch-balances": async () => {
      const count = await watchBalances(db.sql);
      if (count > 0) log.info({ count }, "balances fell below their thresholds");
    },
    "roll-up-usage": () => rollUp(rt),
    "check-usage": () => checkUsage(rt),
    "prune-history": async () => log.info(await pruneHistory(db.sql), "history pruned"),
  };
  const runner = await run({
    connectionString: config.databaseUrl,
    taskList: tasks,
    crontab: CRONTAB,
    concurrency: CONCURRENCY,
    // `start` decides when this process stops.
    noHandleSignals: true,
    logger: new WorkerLogger(() => (level, message) => {
      if (level === "error") log.error(message);
      else if (level === "warning") log.warn(message);
    }),
  });
  const once = ["expire-holds", "keep-partitions", "roll-up-usage", ...(config.codexCatalogue === "fetch" ? ["make-catalogue"] : [])];
  for (const task of once) await runner.addJob(task, {}, { jobKey: `start-${task}`, maxAttempts: 5 });
  // One job, however many mails: while it waits, it is replaced; what comes while it runs makes the next one.
  const subscription = await db.sql.listen(MAIL_QUEUED, () => {
    runner
      .addJob("send-mails", {}, { jobKey: "send-queued-mails" })
      .catch((error: unknown) => log.error({ err: error }, "mails not sent at once"));
  });
  const agent = guardedAgent({ allow: config.upstreamAllow });
  const status = watchStatus(rt, agent);
  return {
    stop: async () => {
      await subscription.unlisten().catch(() => {});
      await Promise.all([runner.stop(), status.stop()]);
      await agent.close();
    },
  };
}
