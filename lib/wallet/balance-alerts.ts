import { and, asc, eq } from "drizzle-orm";
import type { Sql } from "postgres";
import type { Reader, Tx } from "@/db/client";
import { wallets } from "@/db/schema/ledger";
import { balanceAlerts } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { queueMail } from "@/lib/mail/queue-mail";
import { formatUsd, fromDb, type MicroUsd, toUsdString } from "@/lib/money/micro-usd";
import { lockUser } from "@/lib/users/lock-user";

/*
 * A threshold is armed until the balance falls below it, which mails once; it is armed again as soon as the balance is not below it
 * any more. The balance is what is available and what running requests hold: a hold that comes back is no crossing.
 */

export type BalanceAlertView = { thresholdUsd: string; /** Below it since then, as far as was looked. */ firedAt: string | null };

export const ALERTS_MAX = 10;

/** The lowest first. */
export async function listBalanceAlerts(reader: Reader, viewer: Viewer, { userId }: { userId: string }): Promise<BalanceAlertView[]> {
  requireSight(viewer, userId);
  const rows = await reader.select().from(balanceAlerts).where(eq(balanceAlerts.userId, userId)).orderBy(asc(balanceAlerts.threshold));
  return rows.map(({ threshold, firedAt }) => ({ thresholdUsd: toUsdString(threshold), firedAt: firedAt?.toISOString() ?? null }));
}

/** One that the balance is below already waits until it has been above. */
export async function addBalanceAlert(
  tx: Tx,
  { userId, threshold, now }: { userId: string; threshold: MicroUsd; now: Date },
): Promise<void> {
  if (threshold <= 0n) throw new AppError("request_invalid", "A threshold is above $0.", { param: "threshold" });
  await lockUser(tx, userId);
  const [wallet] = await tx.select().from(wallets).where(eq(wallets.userId, userId)).for("no key update");
  if (!wallet) throw new AppError("not_found", "There is no such wallet.");
  const others = await tx.select().from(balanceAlerts).where(eq(balanceAlerts.userId, userId));
  if (others.some((other) => other.threshold === threshold)) {
    throw new AppError("conflict", `${formatUsd(threshold)} is one of your thresholds already.`, { param: "threshold" });
  }
  if (others.length >= ALERTS_MAX) {
    throw new AppError("conflict", `${ALERTS_MAX} thresholds are the most. Remove one first.`, { param: "threshold" });
  }
  const isBelow = wallet.available + wallet.held < threshold;
  await tx.insert(balanceAlerts).values({ userId, threshold, firedAt: isBelow ? now : null });
}

export async function removeBalanceAlert(tx: Tx, { userId, threshold }: { userId: string; threshold: MicroUsd }): Promise<void> {
  await tx.delete(balanceAlerts).where(and(eq(balanceAlerts.userId, userId), eq(balanceAlerts.threshold, threshold)));
}

/** Users of one transaction. */
const CROSSINGS_MAX = 200;
const ROUNDS_MAX = 50;

/**
 * Arms again what is above, and mails everybody whose balance has fallen below a threshold since the last look: one mail, of the lowest
 * that was crossed. Returns how many mails were queued.
 */
export async function watchBalances(sql: Sql): Promise<number> {
  await sql`
    update balance_alerts a set fired_at = null from wallets w
    where w.user_id = a.user_id and a.fired_at is not null and w.available + w.held >= a.threshold`;
  let mails = 0;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const crossings = await fireSome(sql);
    mails += crossings;
    if (crossings < CROSSINGS_MAX) break;
  }
  return mails;
}

/** The mails stand in the outbox if, and only if, the thresholds have fired. */
function fireSome(sql: Sql): Promise<number> {
  return sql.begin(async (tx) => {
    const crossed = await tx<{ user_id: string; threshold: string; balance: string }[]>`
      with crossing as (
        select a.user_id, min(w.available + w.held) as balance from balance_alerts a join wallets w on w.user_id = a.user_id
        where a.fired_at is null and w.available + w.held < a.threshold group by 1 order by 1 limit ${CROSSINGS_MAX}
      ), fired as (
        update balance_alerts a set fired_at = clock_timestamp() from crossing c
        where a.user_id = c.user_id and a.fired_at is null and c.balance < a.threshold
        returning a.user_id, a.threshold, c.balance
      )
      select user_id, min(threshold)::text as threshold, min(balance)::text as balance from fired group by 1 order by 1`;
    for (const { user_id, threshold, balance } of crossed) {
      await queueMail(tx, {
        kind: "balance_low",
        payload: { thresholdUsd: toUsdString(fromDb(threshold)), balanceUsd: toUsdString(fromDb(balance)) },
        userId: user_id,
      });
    }
    return crossed.length;
  });
}
