import { and, eq, inArray, ne, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { chatgptAccounts, usageWindows } from "@/db/schema/chatgpt";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { ACCOUNT_LIMIT } from "@/lib/codex/judge-limits";

/** The last that OpenAI said about one window of an account; evidence, and as old as `observedAt`. */
export type WindowView = {
  /** `codex` is the account's own; another one belongs to one model or feature. */
  limitId: string;
  limitName: string | null;
  windowMinutes: number;
  usedPercent: number;
  resetsAt: string | null;
  observedAt: string;
};

export type AccountView = {
  id: string;
  state: (typeof chatgptAccounts.$inferSelect)["state"];
  stateReason: string | null;
  /** Null for programs with an API key: a key that leaks should not tell whose account it is. */
  email: string | null;
  planType: string | null;
  turnsMax: number;
  /** A few seconds old. Null: nobody drives the account, so nothing runs and nobody waits. */
  line: { running: number; waiting: number } | null;
  signedInAt: string | null;
  signedOutAt: string | null;
  containerState: (typeof chatgptAccounts.$inferSelect)["containerState"];
  containerReason: string | null;
  windows: WindowView[];
};

/** Every account of an owner that is not gone, by its id. */
export async function accountsOf(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<Map<string, AccountView>> {
  requireSight(viewer, input.userId);
  const rows = await reader
    .select({ account: chatgptAccounts, isLeased })
    .from(chatgptAccounts)
    .where(and(eq(chatgptAccounts.userId, input.userId), ne(chatgptAccounts.state, "removed")));
  const windows = await windowsOf(
    reader,
    rows.map(({ account }) => account.id),
  );
  return new Map(rows.map((row) => [row.account.id, accountView(row, windows, viewer)]));
}

/** By the database's clock. */
export const isLeased = sql<boolean>`coalesce(${chatgptAccounts.leaseExpiresAt} > now(), false)`;

export function lineView({ turnsRunning, turnsWaiting }: AccountRow, leased: boolean): AccountView["line"] {
  return leased ? { running: turnsRunning, waiting: turnsWaiting } : null;
}

export async function windowsOf(reader: Reader, accountIds: readonly string[]): Promise<Map<string, WindowView[]>> {
  const found = new Map<string, WindowView[]>();
  if (accountIds.length === 0) return found;
  const rows = await reader
    .select()
    .from(usageWindows)
    .where(inArray(usageWindows.accountId, [...accountIds]));
  for (const row of rows.toSorted(byRank)) {
    const view = {
      limitId: row.limitId,
      limitName: row.limitName,
      windowMinutes: row.windowMinutes,
      usedPercent: row.usedPercent,
      resetsAt: row.resetsAt?.toISOString() ?? null,
      observedAt: row.observedAt.toISOString(),
    };
    found.set(row.accountId, [...(found.get(row.accountId) ?? []), view]);
  }
  return found;
}

type WindowName = { limitId: string; windowMinutes: number };

/** The account's own windows first, the short one before the long one. */
export function byRank(one: WindowName, other: WindowName): number {
  const isOwn = ({ limitId }: WindowName) => Number(limitId === ACCOUNT_LIMIT);
  return isOwn(other) - isOwn(one) || one.limitId.localeCompare(other.limitId) || one.windowMinutes - other.windowMinutes;
}

type AccountRow = typeof chatgptAccounts.$inferSelect;

function accountView(
  { account: row, isLeased: leased }: { account: AccountRow; isLeased: boolean },
  windows: ReadonlyMap<string, WindowView[]>,
  viewer: Viewer,
): AccountView {
  return {
    id: row.id,
    state: row.state,
    stateReason: row.stateReason,
    email: viewer.via.kind === "api_key" ? null : row.email,
    planType: row.planType,
    turnsMax: row.turnsMax,
    line: lineView(row, leased),
    signedInAt: row.signedInAt?.toISOString() ?? null,
    signedOutAt: row.signedOutAt?.toISOString() ?? null,
    containerState: row.containerState,
    containerReason: row.containerReason,
    windows: windows.get(row.id) ?? [],
  };
}
