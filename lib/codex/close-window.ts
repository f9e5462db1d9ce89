import type { Sql, TransactionSql } from "postgres";
import { closedBy, knownFull } from "@/lib/codex/judge-limits";
import type { LeaseProof } from "@/lib/codex/container-record";
import { knownWindows } from "@/lib/codex/known-windows";
import { lockLeasedAccount } from "@/lib/codex/lock-leased-account";
import { recordEvent } from "@/lib/codex/record-event";

/** Whatever is told, no window is longer than a month and a day. */
const CLOSED_DAYS_MAX = 32;
const REASON_CHARS_MAX = 200;
const MODEL_CHARS_MAX = 100;

export type ClosedWindow = LeaseProof & {
  /** Null: the account's own limit; else only this model's. */
  model: string | null;
  /** Null: not told; then the known windows say, or a guess that is tried again soon. */
  until: Date | null;
  reason: string;
};

/** A turn was refused with `usage_limit_reached`: the window is closed whatever its percentage says. */
export async function closeWindow(sql: Sql, closed: ClosedWindow): Promise<{ until: Date } | "fenced"> {
  return sql.begin(async (tx) => {
    if ((await lockLeasedAccount(tx, closed)) === null) return "fenced";
    const [clock] = await tx<{ now: Date }[]>`select clock_timestamp() as now`;
    const now = clock?.now ?? new Date();
    const end = await endOf(tx, closed, now);
    if (closed.model === null) await closeLane(tx, closed.accountId, end);
    else await closeModel(tx, closed.accountId, closed.model.slice(0, MODEL_CHARS_MAX), end.until, now);
    const kind = closed.model === null ? "window_closed" : "model_closed";
    const detail = `${closed.model ?? "account"}: ${end.reason}`;
    await recordEvent(tx, { accountId: closed.accountId, kind, detail, fence: closed.fence, at: now });
    return { until: end.until };
  });
}

async function endOf(tx: TransactionSql, closed: ClosedWindow, now: Date): Promise<{ until: Date; reason: string }> {
  const { until, reason } = closed;
  if (until !== null && until > now) {
    return { until: new Date(Math.min(until.getTime(), now.getTime() + CLOSED_DAYS_MAX * 86_400_000)), reason };
  }
  const full = closed.model === null ? knownFull(await knownWindows(tx, closed.accountId), now) : [];
  const guessed = closedBy(full, now);
  return { until: guessed.until, reason: full.some(({ resetsAt }) => resetsAt !== null) ? reason : guessed.reason };
}

async function closeLane(tx: TransactionSql, accountId: string, end: { until: Date; reason: string }): Promise<void> {
  await tx`
    update lanes set state = 'exhausted', state_reason = ${end.reason.slice(0, REASON_CHARS_MAX)}, state_until = ${end.until.toISOString()}
    where chatgpt_account_id = ${accountId} and state in ('ready', 'cooling', 'exhausted')`;
}

/** What has opened again meanwhile is forgotten, so that the list stays short. */
async function closeModel(tx: TransactionSql, accountId: string, model: string, until: Date, now: Date): Promise<void> {
  await tx`
    update lanes set closed_models = coalesce((select jsonb_object_agg(key, value) from jsonb_each_text(closed_models)
      where value::timestamptz > ${now.toISOString()}), '{}') || jsonb_build_object(${model}::text, ${until.toISOString()}::text)
    where chatgpt_account_id = ${accountId}`;
}
