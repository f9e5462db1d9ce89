import type { Sql } from "postgres";
import { projectName } from "@/lib/gateway/project-id";
import type { UsageDimension } from "@/lib/requests/usage-sums";

export type UsageGroupName = {
  /** For the filter of the request log; null: those that named none. */
  id: string | null;
  name: string;
  /** Of a lane or a key that is gone by now. */
  isGone: boolean;
  /** Of projects: when the newest request of it began. */
  lastUsedAt: string | null;
};

const LANE_KINDS: Record<string, string> = { codex: "ChatGPT account", api_key: "Own key", wallet: "Wallet" };
const CLIENTS: Record<string, string> = { codex: "Codex", sdk: "SDKs and others" };
const NONE: Record<UsageDimension, string> = {
  all: "All requests",
  model: "No model named",
  key: "No key",
  lane: "No lane answered",
  project: "No project",
  client: "Not told",
};

type Row = { value: string; name: string | null; kind: string | null; last_used_at: Date | null };

/** In the order of `values`. */
export async function nameUsageGroups(
  sql: Sql,
  { userId, dimension, values }: { userId: string; dimension: UsageDimension; values: readonly string[] },
): Promise<UsageGroupName[]> {
  const known = new Map((await lookUp(sql, { userId, dimension, values })).map((row) => [row.value, row]));
  return values.map((value) => {
    const row = known.get(value);
    const isGone = value !== "" && (dimension === "lane" || dimension === "key") && !row?.name;
    return {
      id: value === "" ? null : value,
      name: value === "" ? NONE[dimension] : wordsOf(dimension, value, row),
      isGone,
      lastUsedAt: row?.last_used_at?.toISOString() ?? null,
    };
  });
}

function wordsOf(dimension: UsageDimension, value: string, row: Row | undefined): string {
  switch (dimension) {
    case "lane":
      return row?.name ?? `${LANE_KINDS[row?.kind ?? ""] ?? "Lane"} (removed)`;
    case "key":
      return row?.name ?? value;
    case "project":
      return projectName(value);
    case "client":
      return CLIENTS[value] ?? value;
    default:
      return value;
  }
}

async function lookUp(sql: Sql, query: { userId: string; dimension: UsageDimension; values: readonly string[] }): Promise<readonly Row[]> {
  const { userId, dimension } = query;
  const values = sql`json_array_elements_text(${JSON.stringify(query.values.filter((value) => value !== ""))}::text::json) as listed(value)`;
  if (dimension === "key") {
    return sql<Row[]>`
      select k.id as value, k.name, null as kind, null::timestamptz as last_used_at from ${values} join api_keys k on k.id = listed.value and k.user_id = ${userId}`;
  }
  if (dimension === "lane") {
    return sql<Row[]>`
      select listed.value, l.label as name, coalesce(l.kind, (select r.lane_kind from requests r
        where r.user_id = ${userId} and r.lane_id = listed.value order by r.started_at desc limit 1)) as kind, null::timestamptz as last_used_at
      from ${values} left join lanes l on l.id = listed.value and l.user_id = ${userId}`;
  }
  if (dimension === "project") {
    return sql<Row[]>`
      select listed.value, null as name, null as kind, (select r.started_at from requests r
        where r.user_id = ${userId} and r.project_id = listed.value order by r.started_at desc limit 1) as last_used_at
      from ${values}`;
  }
  return [];
}
