import { Logger as WorkerLogger, run, type TaskList } from "graphile-worker";
import type { Runtime } from "@/lib/runtime/runtime";
import { checkLedger } from "@/workers/background/check-ledger";
import { expireSignIns } from "@/lib/codex/expire-sign-ins";
import { pruneHistory } from "@/lib/codex/prune-history";
import { keepPartitions } from "@/workers/background/keep-partitions";
import { makeCatalogue } from "@/workers/background/make-catalogue";
import { probeLanes } from "@/workers/background/probe-lanes";
import { retryParked } from "@/workers/background/retry-parked";
import { sendMails } from "@/workers/background/send-mails";
import { watchRunners } from "@/workers/background/watch-runners";
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
*/10 * * * * retry-parked ?jobKey=retry-parked
7 * * * * keep-partitions ?jobKey=keep-partitions
23 3 * * * check-ledger ?jobKey=check-ledger
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
    "check-ledger": () => checkLedger(rt),
    "make-catalogue": () => makeCatalogue(rt),
    "send-mails": () => sendMails(rt),
    "watch-runners": () => watchRunners(rt),
    "probe-lanes": () => probeLanes(rt),
    "expire-sign-ins": async () => {
      const count = await expireSignIns(db.sql);
      if (count > 0) log.info({ count }, "sign-ins that nobody ended are over");
    },
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
  const once = ["expire-holds", "keep-partitions", ...(config.codexCatalogue === "fetch" ? ["make-catalogue"] : [])];
  for (const task of once) await runner.addJob(task, {}, { jobKey: `start-${task}`, maxAttempts: 5 });
  return { stop: () => runner.stop() };
}
