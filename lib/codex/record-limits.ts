import type { Sql, TransactionSql } from "postgres";
import { ACCOUNT_LIMIT, cleanWindows, judgeLimits } from "@/lib/codex/judge-limits";
import type { LeaseProof } from "@/lib/codex/container-record";
import { knownWindows } from "@/lib/codex/known-windows";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";
import type { ReportedLimits } from "@/lib/turns/reported-limits";

/*
 * What a container reports about its windows, merged into what is known: a window that is not in the report stays as it was, and
 * what is not told is not zero. Reports may arrive late and out of order; an older one changes nothing that a newer one said.
 *
 *   ready, cooling --full or not allowed--> exhausted --a fresh word that there is room--> ready
 *
 * A lane that is paused, signed out or signing in keeps its state.
 */

export type LimitsOutcome = { laneState: string; until: Date | null };

type Report = LeaseProof & { limits: ReportedLimits; observedAt: Date };
type Lane = { state: string; until: Date | null; closedAt: Date | null };

/** OpenAI counts resets in seconds from now: the same instant wanders by that much. */
const RESET_JITTER_S = 90;
const BALANCE_CHARS_MAX = 40;

export async function recordLimits(sql: Sql, report: Report): Promise<LimitsOutcome | "fenced"> {
  return sql.begin(async (tx) => {
    if ((await lockLeasedAccount(tx, report)) === null) return "fenced";
    const { accountId, limits, observedAt } = report;
    // Judged by what was known before this report: the report itself speaks for its own windows.
    const known = await knownWindows(tx, accountId);
    await mergeWindows(tx, report);
    await mergeAccount(tx, report);
    const [lane] = await tx<Lane[]>`
      select state, state_until as until,
        (select max(created_at) from account_events where account_id = ${accountId} and kind = 'window_closed') as "closedAt"
      from lanes where chatgpt_account_id = ${accountId} for no key update`;
    if (!lane) return { laneState: "removed", until: null };
    return moveLane(tx, report, lane, judgeLimits(limits, known, observedAt));
  });
}

async function mergeWindows(tx: TransactionSql, { accountId, limits, observedAt }: Report): Promise<void> {
  const at = observedAt.toISOString();
  for (const { limitId, limitName, windowMinutes, usedPercent, resetsAt } of cleanWindows(limits.windows)) {
    // A reset that is not told stays known only while the window has not been emptied.
    await tx`
      with before as (
        select used_percent, resets_at from usage_windows
        where account_id = ${accountId} and limit_id = ${limitId} and window_minutes = ${windowMinutes}
      ), merged as (
        insert into usage_windows as w (account_id, limit_id, window_minutes, limit_name, used_percent, resets_at, observed_at)
        values (${accountId}, ${limitId}, ${windowMinutes}, ${limitName}, ${usedPercent}, ${resetsAt?.toISOString() ?? null}, ${at})
        on conflict (account_id, limit_id, window_minutes) do update set
          limit_name = coalesce(excluded.limit_name, w.limit_name), used_percent = excluded.used_percent,
          resets_at = coalesce(excluded.resets_at,
            case when excluded.used_percent >= w.used_percent and w.resets_at > excluded.observed_at then w.resets_at end),
          observed_at = excluded.observed_at
        where w.observed_at <= excluded.observed_at
        returning used_percent, resets_at
      )
      insert into window_samples (account_id, limit_id, window_minutes, observed_at, used_percent, resets_at)
      select ${accountId}, ${limitId}, ${windowMinutes}, ${at}, m.used_percent, m.resets_at
      from merged m left join before b on true
      where b.used_percent is distinct from m.used_percent or (b.resets_at is null) <> (m.resets_at is null)
        or abs(extract(epoch from b.resets_at - m.resets_at)) > ${RESET_JITTER_S}
      on conflict do nothing`;
  }
  if (limits.allowed !== true) return;
  // OpenAI lets the account work: a full window of its own that it does not mention any more is not there any more.
  await tx`
    delete from usage_windows
    where account_id = ${accountId} and limit_id = ${ACCOUNT_LIMIT} and used_percent >= 100 and observed_at < ${at}`;
}

async function mergeAccount(tx: TransactionSql, { accountId, limits, observedAt }: Report): Promise<void> {
  if (limits.planType !== null) await tx`update chatgpt_accounts set plan_type = ${limits.planType} where id = ${accountId}`;
  if (limits.credits === null) return;
  const { state, balance } = limits.credits;
  await tx`
    insert into account_credits as c (account_id, has_credits, balance, observed_at)
    values (${accountId}, ${state}, ${balance?.slice(0, BALANCE_CHARS_MAX) ?? null}, ${observedAt.toISOString()})
    on conflict (account_id) do update set has_credits = excluded.has_credits, balance = excluded.balance, observed_at = excluded.observed_at
    where c.observed_at <= excluded.observed_at`;
}

async function moveLane(
  tx: TransactionSql,
  { accountId, observedAt, fence, limits }: Report,
  lane: Lane,
  verdict: ReturnType<typeof judgeLimits>,
): Promise<LimitsOutcome> {
  const same = { laneState: lane.state, until: lane.until };
  const isOlder = lane.closedAt !== null && observedAt <= lane.closedAt;
  if (verdict.kind === "unknown" || isOlder || !["ready", "cooling", "exhausted"].includes(lane.state)) return same;
  if (verdict.kind === "closed") {
    const { until, reason } = verdict;
    await tx`
      update lanes set state = 'exhausted', state_reason = ${reason}, state_until = ${until.toISOString()}
      where chatgpt_account_id = ${accountId}`;
    if (lane.state !== "exhausted") await recordEvent(tx, { accountId, kind: "window_closed", detail: reason, fence, at: observedAt });
    return { laneState: "exhausted", until };
  }
  // Every limit has room again: the models that were closed for themselves too.
  const isWholeWord = limits.allowed === true && limits.windows.length > 0 && limits.windows.every(({ usedPercent }) => usedPercent < 100);
  if (isWholeWord) await tx`update lanes set closed_models = '{}' where chatgpt_account_id = ${accountId} and closed_models <> '{}'`;
  if (lane.state !== "exhausted") return same;
  await tx`update lanes set state = 'ready', state_reason = null, state_until = null where chatgpt_account_id = ${accountId}`;
  await recordEvent(tx, { accountId, kind: "window_opened", detail: null, fence, at: observedAt });
  return { laneState: "ready", until: null };
}
