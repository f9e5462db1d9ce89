import { and, eq, gte, inArray, isNotNull, lt, or, sql, type SQL } from "drizzle-orm";
import { requests } from "@/db/schema/requests";
import { parseUsd } from "@/lib/money/micro-usd";
import { type RequestFilter, type RequestKind, spanOf } from "@/lib/requests/request-filter";

/** The rows of that filter at `now`. `userId` null: everybody's. */
export function filterSql(userId: string | null, filter: RequestFilter, now: Date): SQL | undefined {
  const { from, to } = spanOf(filter, now);
  return and(
    userId === null ? undefined : eq(requests.userId, userId),
    from === null ? undefined : gte(requests.startedAt, from),
    to === null ? undefined : lt(requests.startedAt, to),
    oneOf(requests.model, filter.model),
    oneOf(requests.keyId, filter.key),
    oneOf(requests.laneId, filter.lane),
    laneKindSql(filter.laneKind),
    oneOf(requests.outcome, filter.outcome),
    statusSql(filter.status),
    oneOf(requests.client, filter.client),
    filter.kind.length > 0 ? or(...filter.kind.map(kindSql)) : undefined,
    oneOf(requests.projectId, filter.project),
    filter.thread === null ? undefined : eq(requests.threadId, filter.thread),
    filter.stream === null ? undefined : eq(requests.stream, filter.stream),
    filter.spill ? isNotNull(requests.spillReason) : undefined,
    filter.minCost === null ? undefined : gte(requests.cost, parseUsd(filter.minCost)),
    filter.minMs === null ? undefined : gte(requests.durationMs, filter.minMs),
    filter.id === null ? undefined : idSql(filter.id),
  );
}

function oneOf(column: Parameters<typeof inArray>[0], values: readonly string[]): SQL | undefined {
  return values.length === 0 ? undefined : inArray(column, [...values]);
}

function laneKindSql(kinds: RequestFilter["laneKind"]): SQL | undefined {
  if (kinds.length === 0) return undefined;
  return or(
    oneOf(
      requests.laneKind,
      kinds.filter((kind) => kind !== "none"),
    ),
    kinds.includes("none") ? sql`${requests.laneKind} is null` : undefined,
  );
}

function statusSql(status: string | null): SQL | undefined {
  if (status === null) return undefined;
  if (!status.endsWith("xx")) return eq(requests.status, Number(status));
  const least = Number(status[0]) * 100;
  return and(gte(requests.status, least), lt(requests.status, least + 100));
}

function kindSql(kind: RequestKind): SQL {
  const isCompaction = sql`${requests.requestKind} = 'compaction'`;
  const isTitle = sql`${requests.threadSource} = 'thread_title'`;
  const isReview = sql`(${requests.threadSource} = 'guardian_review' or ${requests.subagent} = 'review')`;
  switch (kind) {
    case "compaction":
      return isCompaction;
    case "title":
      return isTitle;
    case "review":
      return isReview;
    case "turn":
      return sql`(${isCompaction} or ${isTitle} or ${isReview}) is not true`;
  }
}

const ID_DIGITS = 32;
/** The first digits of an id (UUIDv7) are the millisecond in which it was made. */
const TIME_DIGITS = 12;
/** Ids are made a moment before the request counts as started, by another clock at worst. */
const CLOCK_MS = 60_000;

/** Ids begin with their time, so that the start of one is found through the index on the time. */
function idSql(prefix: string): SQL | undefined {
  const digits = prefix.slice("req_".length);
  const [least, most] = ["0", "f"].map((fill) => digits.padEnd(ID_DIGITS, fill)) as [string, string];
  const [first, last] = [least, most].map((id) => Number.parseInt(id.slice(0, TIME_DIGITS), 16)) as [number, number];
  return and(
    gte(requests.startedAt, instant(first - CLOCK_MS)),
    lt(requests.startedAt, instant(last + CLOCK_MS)),
    gte(requests.id, `req_${least}`),
    sql`${requests.id} <= ${`req_${most}`}`,
  );
}

/** What an id may say and no date does. */
const LATEST_MS = Date.UTC(9999, 11, 31);

function instant(ms: number): Date {
  return new Date(Math.min(Math.max(ms, 0), LATEST_MS));
}
