import { stringify } from "csv-stringify/sync";
import type { Sql } from "postgres";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { microUsd, parseUsd, toUsdString } from "@/lib/money/micro-usd";
import { figures, markList, type SeriesQuery, seriesBounds, type UsageFigures } from "@/lib/requests/read-usage-series";
import { nameUsageGroups, type UsageGroupName } from "@/lib/requests/usage-names";
import { summedColumns, usageRows } from "@/lib/requests/usage-sums";

/** Of one read: between two of them nothing is held in the database. */
const BUCKETS_AT_ONCE = 31;

type Cell = string | number | bigint | null;
type Line = UsageFigures & { from: string; to: string; group: UsageGroupName };

/** Money in dollars with six decimals, times in UTC. */
const COLUMNS: readonly { name: string; of: (line: Line) => Cell }[] = [
  { name: "from", of: ({ from }) => from },
  { name: "to", of: ({ to }) => to },
  { name: "group_id", of: ({ group }) => group.id },
  { name: "group", of: ({ group }) => group.name },
  { name: "requests", of: ({ requests }) => requests },
  { name: "failed", of: ({ failed }) => failed },
  { name: "spent_usd", of: ({ spentUsd }) => parseUsd(spentUsd) },
  { name: "fresh_input_tokens", of: ({ tokens }) => tokens.freshInput },
  { name: "cached_input_tokens", of: ({ tokens }) => tokens.cachedInput },
  { name: "cache_write_tokens", of: ({ tokens }) => tokens.cacheWrite },
  { name: "output_tokens", of: ({ tokens }) => tokens.output },
  { name: "reasoning_tokens", of: ({ tokens }) => tokens.reasoning },
  { name: "plan_requests", of: ({ onPlans }) => onPlans.requests },
  { name: "plan_requests_unpriced", of: ({ onPlans }) => onPlans.unpriced },
  { name: "plan_worth_usd", of: ({ onPlans }) => parseUsd(onPlans.worthUsd) },
];

/** Every bucket and group that had requests, as CSV, a line each behind one with the names. */
export async function* exportUsage(sql: Sql, viewer: Viewer, query: SeriesQuery): AsyncGenerator<string> {
  requireSight(viewer, query.userId);
  const { marks, rolledUntil } = await seriesBounds(sql, query);
  yield stringify([COLUMNS.map(({ name }) => name)]);
  for (let first = 0; first < marks.length - 1; first += BUCKETS_AT_ONCE) {
    const part = marks.slice(first, first + BUCKETS_AT_ONCE + 1);
    const source = { userId: query.userId, keyId: query.keyId, dimension: query.groupBy, from: part[0]!, to: part.at(-1)!, rolledUntil };
    const rows = await sql<(Parameters<typeof figures>[0] & { bucket: number; value: string })[]>`
      select width_bucket(at, ${markList(sql, part)}) as bucket, value, ${summedColumns(sql)}
      from (${usageRows(sql, source)}) counted group by 1, 2 order by 1, 2`;
    const names = await nameUsageGroups(sql, { userId: query.userId, dimension: query.groupBy, values: rows.map(({ value }) => value) });
    const lines = rows.map((row, index): Line => ({
      from: part[row.bucket - 1]!.toISOString(),
      to: part[row.bucket]!.toISOString(),
      group: names[index]!,
      ...figures(row),
    }));
    if (lines.length > 0) yield csvLines(lines);
  }
}

/** Spreadsheets run cells that begin like a formula; names of models and keys are among these. */
function csvLines(lines: readonly Line[]): string {
  return stringify(
    lines.map((line) => COLUMNS.map(({ of }) => of(line))),
    { escape_formulas: true, cast: { bigint: (value) => toUsdString(microUsd(value)) } },
  );
}
