import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { fromDb, toUsdString } from "@/lib/money/micro-usd";

export type LiveRequest = {
  id: string;
  keyName: string;
  startedAt: string;
  /** Known once it holds money: on lanes that cost nothing here it is told when the request is over. */
  model: string | null;
  heldUsd: string | null;
  /** As of the last heartbeat. Null: nothing is known yet. */
  progress: { stage: "accepted" | "content"; outputTokens: number } | null;
};

export type LiveView = {
  /** Oldest first, at most `LIVE_MAX`. */
  running: LiveRequest[];
  runningCount: number;
  availableUsd: string;
  heldUsd: string;
  /** What the wallet paid for requests that ended in the last minutes, so many. */
  pace: { minutes: number; spentUsd: string };
  /** Until nothing is left at that pace; null: nothing was spent, or nothing is left. */
  lastsMs: number | null;
};

const LIVE_MAX = 20;
const PACE_MINUTES = 10;
/** The longest request that counts as one of these minutes. */
const STARTED_BEFORE_MINUTES = 90;
const MINUTE_MS = 60_000n;

type Row = {
  id: string;
  key_name: string;
  admitted_at: Date;
  model: string | null;
  held: string | null;
  progress: "accepted" | "content" | null;
  output_tokens: number | null;
  running: number;
};

/** What runs at this moment, and how long the wallet lasts. */
export async function readLive(sql: Sql, viewer: Viewer, { userId }: { userId: string }): Promise<LiveView> {
  requireSight(viewer, userId);
  const [running, [money]] = await Promise.all([
    sql<Row[]>`
      select a.request_id as id, k.name as key_name, a.admitted_at, h.context ->> 'model' as model, h.amount::text as held, h.progress,
        h.progress_output_tokens as output_tokens, (count(*) over ())::int as running
      from admissions a
      join api_keys k on k.id = a.key_id
      left join holds h on h.request_id = a.request_id and h.state = 'placed'
      where a.user_id = ${userId} order by a.admitted_at, a.request_id limit ${LIVE_MAX}`,
    sql<{ available: string; held: string; spent: string }[]>`
      select w.available::text as available, w.held::text as held, (select coalesce(sum(r.cost), 0)::text from requests r
        where r.user_id = ${userId} and r.started_at > now() - make_interval(mins => ${STARTED_BEFORE_MINUTES})
          and r.ended_at > now() - make_interval(mins => ${PACE_MINUTES})) as spent
      from wallets w where w.user_id = ${userId}`,
  ]);
  const [available, held, spent] = [fromDb(money?.available ?? "0"), fromDb(money?.held ?? "0"), fromDb(money?.spent ?? "0")];
  const left = available + held;
  return {
    running: running.map((row) => ({
      id: row.id,
      keyName: row.key_name,
      startedAt: row.admitted_at.toISOString(),
      model: row.model,
      heldUsd: row.held === null ? null : toUsdString(fromDb(row.held)),
      progress: row.progress && { stage: row.progress, outputTokens: row.output_tokens ?? 0 },
    })),
    runningCount: running[0]?.running ?? 0,
    availableUsd: toUsdString(available),
    heldUsd: toUsdString(held),
    pace: { minutes: PACE_MINUTES, spentUsd: toUsdString(spent) },
    lastsMs: spent > 0n && left > 0n ? Number((left * BigInt(PACE_MINUTES) * MINUTE_MS) / spent) : null,
  };
}
