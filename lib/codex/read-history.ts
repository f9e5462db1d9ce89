import { and, desc, eq, gte } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { accountCredits, accountEvents, chatgptAccounts, windowSamples } from "@/db/schema/chatgpt";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { byRank } from "@/lib/codex/read";
import { AppError } from "@/lib/errors/app-error";

export type SampleView = { observedAt: string; usedPercent: number; resetsAt: string | null };

/** How one window filled, oldest first. */
export type WindowHistoryView = { limitId: string; windowMinutes: number; samples: SampleView[] };

export type CreditsView = { state: "yes" | "no" | "unlimited"; balance: string | null; observedAt: string };

export type AccountEventView = { id: string; kind: string; detail: string | null; fence: number | null; createdAt: string };

export type AccountHistoryView = { windows: WindowHistoryView[]; credits: CreditsView | null; events: AccountEventView[] };

/** A graph has no more points than this per account, the newest. */
const SAMPLES_MAX = 2_000;

export async function readAccountHistory(
  reader: Reader,
  viewer: Viewer,
  input: { accountId: string; since: Date; eventsMax: number },
): Promise<AccountHistoryView> {
  const { accountId } = input;
  await requireSightOfAccount(reader, viewer, accountId);
  const [samples, [credits], events] = await Promise.all([
    reader
      .select()
      .from(windowSamples)
      .where(and(eq(windowSamples.accountId, accountId), gte(windowSamples.observedAt, input.since)))
      .orderBy(desc(windowSamples.observedAt))
      .limit(SAMPLES_MAX),
    reader.select().from(accountCredits).where(eq(accountCredits.accountId, accountId)),
    reader
      .select()
      .from(accountEvents)
      .where(eq(accountEvents.accountId, accountId))
      .orderBy(desc(accountEvents.createdAt), desc(accountEvents.id))
      .limit(input.eventsMax),
  ]);
  return {
    windows: byWindow(samples.toReversed()),
    credits: credits ? { state: credits.hasCredits, balance: credits.balance, observedAt: credits.observedAt.toISOString() } : null,
    events: events.map(({ id, kind, detail, fence, createdAt }) => ({ id, kind, detail, fence, createdAt: createdAt.toISOString() })),
  };
}

export async function requireSightOfAccount(reader: Reader, viewer: Viewer, accountId: string): Promise<void> {
  const [account] = await reader.select({ ownerId: chatgptAccounts.userId }).from(chatgptAccounts).where(eq(chatgptAccounts.id, accountId));
  if (!account) throw new AppError("not_found", "There is no such account.");
  requireSight(viewer, account.ownerId);
}

function byWindow(samples: readonly (typeof windowSamples.$inferSelect)[]): WindowHistoryView[] {
  const found = new Map<string, WindowHistoryView>();
  for (const sample of samples) {
    const { limitId, windowMinutes } = sample;
    const name = `${limitId} ${windowMinutes}`;
    const history = found.get(name) ?? { limitId, windowMinutes, samples: [] };
    history.samples.push({
      observedAt: sample.observedAt.toISOString(),
      usedPercent: sample.usedPercent,
      resetsAt: sample.resetsAt?.toISOString() ?? null,
    });
    found.set(name, history);
  }
  return [...found.values()].toSorted(byRank);
}
