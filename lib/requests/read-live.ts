import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { lastsMs } from "@/lib/money/lasts-ms";
import { fromDb, microUsd, parseUsd, toUsdString } from "@/lib/money/micro-usd";
import { PACE_MS, type PaceView, readPace } from "@/lib/requests/read-pace";

export type LiveRequest = {
  id: string;
  keyName: string;
  startedAt: string;
  /** As it was asked for. Null: the call is passed on with its body unread. */
  model: string | null;
  /** Where it is, as of its admission or the last heartbeat. Null: the lane has been removed since. */
  lane: { id: string; kind: string; label: string } | null;
  /** Null: its lane costs nothing here. */
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
  pace: PaceView;
  /** Until nothing is left at that pace; null: nothing was spent, or nothing is left. */
  lastsMs: number | null;
  /** The same of the last few minutes alone: what the wallet paid for requests that ended in them. */
  burn: { minutes: number; spentUsd: string; lastsMs: number | null };
};

const LIVE_MAX = 20;
const BURN_MINUTES = 10;
/** The longest request that counts as one of these minutes. */
const STARTED_BEFORE_MINUTES = 90;
const MINUTE_MS = 60_000;

type Row = {
  id: string;
  key_name: string;
  admitted_at: Date;
  model: string | null;
  lane_id: string | null;
  lane_kind: string | null;
  lane_label: string | null;
  held: string | null;
  progress: "accepted" | "content" | null;
  output_tokens: number;
  running: number;
};

/** What runs at this moment, and how long the wallet lasts. */
export async function readLive(sql: Sql, viewer: Viewer, { userId, now }: { userId: string; now: Date }): Promise<LiveView> {
  requireSight(viewer, userId);
  const [running, [money], pace] = await Promise.all([
    sql<Row[]>`
      select a.request_id as id, k.name as key_name, a.admitted_at, a.model, l.id as lane_id, l.kind as lane_kind, l.label as lane_label,
        h.amount::text as held, a.progress, a.progress_output_tokens as output_tokens, (count(*) over ())::int as running
      from admissions a
      join api_keys k on k.id = a.key_id
      left join holds h on h.request_id = a.request_id and h.state = 'placed'
      -- A request that came to the wallet from another lane holds money before the next heartbeat tells where it is.
      left join lanes l on l.id = coalesce(h.lane_id, a.lane_id)
      where a.user_id = ${userId} order by a.admitted_at, a.request_id limit ${LIVE_MAX}`,
    sql<{ available: string; held: string; burnt: string }[]>`
      select w.available::text as available, w.held::text as held, (select coalesce(sum(r.cost), 0)::text from requests r
        where r.user_id = ${userId} and r.started_at > now() - make_interval(mins => ${STARTED_BEFORE_MINUTES})
          and r.ended_at > now() - make_interval(mins => ${BURN_MINUTES})) as burnt
      from wallets w where w.user_id = ${userId}`,
    readPace(sql, { userId, now }),
  ]);
  const [available, held, burnt] = [fromDb(money?.available ?? "0"), fromDb(money?.held ?? "0"), fromDb(money?.burnt ?? "0")];
  const left = microUsd(available + held);
  return {
    running: running.map(liveRequest),
    runningCount: running[0]?.running ?? 0,
    availableUsd: toUsdString(available),
    heldUsd: toUsdString(held),
    pace,
    lastsMs: lastsMs(left, { spent: parseUsd(pace.spentUsd), windowMs: PACE_MS }),
    burn: {
      minutes: BURN_MINUTES,
      spentUsd: toUsdString(burnt),
      lastsMs: lastsMs(left, { spent: burnt, windowMs: BURN_MINUTES * MINUTE_MS }),
    },
  };
}

function liveRequest(row: Row): LiveRequest {
  return {
    id: row.id,
    keyName: row.key_name,
    startedAt: row.admitted_at.toISOString(),
    model: row.model,
    lane: row.lane_id === null ? null : { id: row.lane_id, kind: row.lane_kind ?? "", label: row.lane_label ?? "" },
    heldUsd: row.held === null ? null : toUsdString(fromDb(row.held)),
    progress: row.progress && { stage: row.progress, outputTokens: row.output_tokens },
  };
}
