import type { Sql } from "postgres";
import { fromDb, toUsdString } from "@/lib/money/micro-usd";
import { readRolledUntil, usageRows } from "@/lib/requests/usage-sums";

/** What the wallet paid for requests that began in the last hours, so many. */
export type PaceView = { hours: number; spentUsd: string };

/** Whatever is said of how long a wallet lasts goes by one whole day: the hours of work and those of sleep are both in it. */
const PACE_HOURS = 24;
export const PACE_MS = PACE_HOURS * 3_600_000;

export async function readPace(sql: Sql, { userId, now }: { userId: string; now: Date }): Promise<PaceView> {
  const rolledUntil = await readRolledUntil(sql);
  const rows = usageRows(sql, { userId, dimension: "all", from: new Date(now.getTime() - PACE_MS), to: now, rolledUntil });
  const [row] = await sql<{ spent: string }[]>`select coalesce(sum(spent), 0)::text as spent from (${rows}) counted`;
  return { hours: PACE_HOURS, spentUsd: toUsdString(fromDb(row?.spent ?? "0")) };
}
