import type { Runtime } from "@/lib/runtime/runtime";
import { dropOldRequestLogs } from "@/lib/requests/drop-old-request-logs";

const MONTHS_AHEAD = 3;

/** Makes the partitions of the coming months, so that no request has to, and drops those beyond the retention. */
export async function keepPartitions({ db, log, config, clock }: Runtime): Promise<void> {
  await db.sql`select ensure_request_partitions(now(), ${MONTHS_AHEAD})`;
  const dropped = await dropOldRequestLogs(db.sql, { months: config.requestLogMonths, now: clock.now() });
  if (dropped.length > 0) log.info({ dropped }, "old months of the request log dropped");
}
