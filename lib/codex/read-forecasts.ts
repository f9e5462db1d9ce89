import { and, asc, eq, gte, inArray, or, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { chatgptAccounts } from "@/db/schema/chatgpt";
import { lanes } from "@/db/schema/lanes";
import { requests } from "@/db/schema/requests";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { ACCOUNT_LIMIT } from "@/lib/codex/judge-limits";
import { forecastFull, HISTORY_MS_MIN, overflowCarried } from "@/lib/codex/forecast";
import type { WindowHistoryView } from "@/lib/codex/read-history";
import { AppError } from "@/lib/errors/app-error";

export type ForecastView = {
  /** Windows that are full before their reset if they fill on as they do. */
  filling: { limitId: string; windowMinutes: number; fullAt: string }[];
  /** What a second account would have changed in the last week; null: nothing spilled, or nothing to tell it by. */
  overflow: string | null;
};

const WEEK_MS = 7 * 86_400_000;
const REQUESTS_MAX = 50_000;

/** From the samples of `readAccountHistory` and the request log of the last week. */
export async function readForecasts(
  reader: Reader,
  viewer: Viewer,
  input: { accountId: string; windows: readonly WindowHistoryView[]; now: Date },
): Promise<ForecastView> {
  const [owned] = await reader
    .select({ ownerId: chatgptAccounts.userId, laneId: lanes.id })
    .from(chatgptAccounts)
    .leftJoin(lanes, eq(lanes.chatgptAccountId, chatgptAccounts.id))
    .where(eq(chatgptAccounts.id, input.accountId));
  if (!owned) throw new AppError("not_found", "There is no such account.");
  requireSight(viewer, owned.ownerId);
  const historyMs = input.now.getTime() - knownSince(input);
  if (historyMs < HISTORY_MS_MIN) return { filling: [], overflow: null };
  const filling = input.windows.flatMap(({ limitId, windowMinutes, samples }) => {
    const observed = samples.map((sample) => ({
      observedAt: new Date(sample.observedAt),
      usedPercent: sample.usedPercent,
      resetsAt: sample.resetsAt === null ? null : new Date(sample.resetsAt),
    }));
    const found = forecastFull({ samples: observed, windowMinutes, now: input.now });
    return found ? [{ limitId, windowMinutes, fullAt: found.fullAt.toISOString() }] : [];
  });
  const longest = Math.max(
    0,
    ...input.windows.filter(({ limitId }) => limitId === ACCOUNT_LIMIT).map(({ windowMinutes }) => windowMinutes),
  );
  const overflow =
    longest === 0 || owned.laneId === null
      ? null
      : await overflowOf(reader, { ...owned, laneId: owned.laneId, ...input, windowMinutes: longest, historyMs });
  return { filling, overflow };
}

/** The first sample of the account's own windows that is kept, within the last week. */
function knownSince({ windows, now }: { windows: readonly WindowHistoryView[]; now: Date }): number {
  const observed = windows.flatMap(({ samples }) => samples.map(({ observedAt }) => Date.parse(observedAt)));
  return Math.max(now.getTime() - WEEK_MS, Math.min(now.getTime(), ...observed));
}

/** Only what spilled while this account was there, and past it: it was asked first, or known to be used up. */
async function overflowOf(
  reader: Reader,
  {
    ownerId,
    laneId,
    now,
    windowMinutes,
    historyMs,
  }: { ownerId: string; laneId: string; now: Date; windowMinutes: number; historyMs: number },
): Promise<string | null> {
  const rows = await reader
    .select({
      startedAt: requests.startedAt,
      tokens: sql<number>`${requests.freshInputTokens} + ${requests.cachedInputTokens} + ${requests.cacheWriteTokens} + ${requests.outputTokens}`,
      spilled: sql<boolean>`${requests.laneId} <> ${laneId}`,
    })
    .from(requests)
    .where(
      and(
        eq(requests.userId, ownerId),
        gte(requests.startedAt, new Date(now.getTime() - historyMs)),
        or(
          eq(requests.laneId, laneId),
          and(
            eq(requests.spillReason, "exhausted"),
            inArray(requests.laneKind, ["api_key", "wallet"]),
            sql`${requests.decisions} @> ${JSON.stringify([{ laneId }])}::text::jsonb`,
          ),
        ),
      ),
    )
    .orderBy(asc(requests.startedAt))
    .limit(REQUESTS_MAX);
  return overflowCarried({ requests: rows, windowMinutes, historyMs })?.text ?? null;
}
