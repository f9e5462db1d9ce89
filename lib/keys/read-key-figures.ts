import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { figures } from "@/lib/requests/read-usage-series";
import { readRolledUntil, summedColumns, usageRows } from "@/lib/requests/usage-sums";
import type { Clock } from "@/lib/time/clock";

/** Of the last 30 days. */
export type KeyFigures = {
  requests: number;
  failed: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  spentUsd: string;
};

const DAY_MS = 86_400_000;
export const FIGURES_DAYS = 30;

export async function readKeyFigures(
  sql: Sql,
  viewer: Viewer,
  { keyId, userId, clock }: { keyId: string; userId: string; clock: Clock },
): Promise<KeyFigures> {
  requireSight(viewer, userId);
  const to = clock.now();
  const from = new Date(to.getTime() - FIGURES_DAYS * DAY_MS);
  const rolledUntil = await readRolledUntil(sql);
  const [row] = await sql<Parameters<typeof figures>[0][]>`
    select ${summedColumns(sql)} from (${usageRows(sql, { userId, dimension: "key", values: [keyId], from, to, rolledUntil })}) counted`;
  const { requests, failed, spentUsd, tokens } = figures(row);
  return {
    requests,
    failed,
    inputTokens: tokens.freshInput + tokens.cacheWrite + tokens.cachedInput,
    cachedInputTokens: tokens.cachedInput,
    outputTokens: tokens.output,
    spentUsd,
  };
}
