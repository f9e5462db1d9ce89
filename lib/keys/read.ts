import { desc, eq, getTableColumns, sql, type Column, type SQL } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { apiKeyLanes, apiKeys, apiKeyUsage } from "@/db/schema/keys";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { fromDb, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";

export type KeyView = {
  id: string;
  userId: string;
  name: string;
  /** Shown as `prefix…lastFour`. */
  prefix: string;
  lastFour: string;
  status: "active" | "expired" | "revoked";
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The key that took its place; this one works until `expiresAt`. */
  replacedBy: string | null;
  lastUsedAt: string | null;
  models: string[] | null;
  defaultModel: string | null;
  ipAllow: string[] | null;
  concurrencyMax: number | null;
  requestsPerMinuteMax: number | null;
  outputTokensMax: number;
  /** Null: every lane of the owner. */
  laneIds: string[] | null;
  spillBusy: "none" | "own_key" | "any";
  spillLostToWallet: boolean;
  spillCannotToWallet: boolean;
  parametersStrict: boolean;
  /** It reads the whole account by `/api/v1`; otherwise what it did itself. */
  accountRead: boolean;
  /** Held by requests that are running. This and what was spent is of the key and of those that it goes back to by rotations, together. */
  reservedUsd: string;
  /** Wallet money of the running UTC day, ISO week and month. */
  day: PeriodView;
  week: PeriodView;
  month: PeriodView;
};

type PeriodView = { spentUsd: string; budgetUsd: string | null };

/** Newest first. */
export async function listKeys(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<KeyView[]> {
  requireSight(viewer, input.userId);
  const rows = await reader
    .select({
      key: getTableColumns(apiKeys),
      lastUsedAt: apiKeyUsage.lastUsedAt,
      reserved: sharedSum(apiKeyUsage.reserved),
      isExpired: sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`,
      daySpent: spentIn("day"),
      weekSpent: spentIn("week"),
      monthSpent: spentIn("month"),
      laneIds: sql<string[] | null>`(select json_agg(l.lane_id order by l.lane_id) from ${apiKeyLanes} l where l.key_id = ${apiKeys.id})`,
    })
    .from(apiKeys)
    .innerJoin(apiKeyUsage, eq(apiKeyUsage.keyId, apiKeys.id))
    .where(eq(apiKeys.userId, input.userId))
    .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id));
  return rows.map(({ key, ...row }) => ({
    id: key.id,
    userId: key.userId,
    name: key.name,
    prefix: key.prefix,
    lastFour: key.lastFour,
    status: key.revokedAt ? "revoked" : row.isExpired ? "expired" : "active",
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    replacedBy: key.replacedBy,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    models: key.models,
    defaultModel: key.defaultModel,
    ipAllow: key.ipAllow,
    concurrencyMax: key.concurrencyMax,
    requestsPerMinuteMax: key.requestsPerMinuteMax,
    outputTokensMax: key.outputTokensMax,
    laneIds: row.laneIds,
    spillBusy: key.spillBusy,
    spillLostToWallet: key.spillLostToWallet,
    spillCannotToWallet: key.spillCannotToWallet,
    parametersStrict: key.parametersStrict,
    accountRead: key.accountRead,
    reservedUsd: toUsdString(fromDb(row.reserved)),
    day: period(row.daySpent, key.budgetDay),
    week: period(row.weekSpent, key.budgetWeek),
    month: period(row.monthSpent, key.budgetMonth),
  }));
}

/** A counter belongs to the period in which it was last raised; in a later one nothing has been spent yet. */
function spentIn(unit: "day" | "week" | "month") {
  const start = apiKeyUsage[`${unit}Start`];
  const spent = apiKeyUsage[`${unit}Spent`];
  return sharedSum(sql`case when ${start} = period_start(${unit}) then ${spent} else 0 end`);
}

/** Over the keys that are limited as one with this. All of them are the same owner's, and so among the rows: one pass sums them up. */
function sharedSum(of: SQL | Column) {
  return sql<string>`(sum(${of}) over (partition by coalesce(${apiKeys.firstKeyId}, ${apiKeys.id})))::text`;
}

function period(spent: string, budget: MicroUsd | null): PeriodView {
  return { spentUsd: toUsdString(fromDb(spent)), budgetUsd: budget === null ? null : toUsdString(budget) };
}
