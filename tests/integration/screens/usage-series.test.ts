import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { HISTOGRAM_ROWS_MAX, readHistogram } from "@/lib/requests/read-histogram";
import { readUsageSeries, type UsageFigures, type UsageSeries } from "@/lib/requests/read-usage-series";
import { markWrongUsage, refreshStaleUsage, rollUpUsage } from "@/lib/requests/roll-up-usage";
import { NO_FILTER, type RequestFilter } from "@/lib/requests/request-filter";
import { NO_USAGE_QUERY, USAGE_GROUPS, type UsageQuery } from "@/lib/requests/usage-query";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testRequestRow } from "@/tests/factories/request";

const DAY_MS = 86_400_000;
/** Real time: what counts as late is the database's own word. */
const NOW = new Date();
const ROWS = 600;
/** The clock changes within this time in many of the zones, in either direction. */
const SPAN_DAYS = 300;
const OTHER_KEY = "key_other";

let db: TestDatabase;
let ada: TestCustomer;
let bob: TestCustomer;
let rows: Row[];

type Row = Record<string, unknown> & { id: string; started_at: string };

const COLUMNS: Record<(typeof USAGE_GROUPS)[number], string> = {
  model: "model",
  key: "key_id",
  lane: "lane_id",
  project: "project_id",
  client: "client",
};
const pick = <T>(values: readonly T[], at: number): T => values[at % values.length]!;

beforeAll(async () => {
  db = await testDatabase();
  [ada, bob] = [await testCustomer(db.orm), await testCustomer(db.orm)];
  rows = Array.from({ length: ROWS }, (_, at) => row(ada, at, agoMs(at)));
  await write(
    ada,
    rows.filter((_, at) => at % 2 === 0),
  );
  await write(bob, [row(bob, 1, DAY_MS)]);
  // Half of the log is summed up before the other half comes, which is late, and of the same quarters for the most part.
  await rollUpUsage(db.sql, { now: NOW });
  await write(
    ada,
    rows.filter((_, at) => at % 2 === 1),
  );
});
afterAll(() => db.close());

/** Dense today, thinner the longer ago; always two, one after the other. */
function agoMs(at: number): number {
  const pair = Math.floor(at / 2);
  return Math.floor(((2 * pair) / ROWS) ** 3 * SPAN_DAYS * DAY_MS) + pair * 2_003 + (at % 2) * 1_001;
}

function row(customer: TestCustomer, at: number, ago: number): Row {
  const lane = pick(["wallet", "codex", null, "api_key"], at);
  return {
    ...testRequestRow(customer, { id: newId("req"), startedAt: new Date(NOW.getTime() - ago) }),
    model: pick(["gpt-5.5", "gpt-6.1-sol", "a", "b", "c", "d", "e", null], at),
    key_id: pick([customer.keyId, customer.keyId, OTHER_KEY], at),
    lane_id: lane === "wallet" ? customer.walletLaneId : lane && `lane_of_${lane}`,
    lane_kind: lane,
    project_id: pick([null, "dir_0123456789abcdef0123", "ses_ffffffffffffffffffff"], at),
    client: pick(["codex", "sdk"], at),
    outcome: pick(["completed", "failed", "refused", "interrupted", "completed"], at),
    cost: lane === "wallet" ? at * 7 + 1 : 0,
    cost_on_wallet: at % 3 === 0 ? null : at * 11,
    fresh_input_tokens: at,
    cached_input_tokens: at * 2,
    cache_write_tokens: at % 5,
    output_tokens: 2_000_000_000 - at,
    reasoning_tokens: at % 13,
  } as unknown as Row;
}

async function write(customer: TestCustomer, many: readonly Row[]): Promise<void> {
  const { keyId, userId } = customer;
  await settleRequests(
    db.sql,
    many.map((request) => ({ requestId: request.id, keyId, userId, processId: "proc_test", holds: [], request, attempts: [] })),
  );
}

function read(query: Partial<UsageQuery> & { keyId?: string | null }, timeZone = "UTC"): Promise<UsageSeries> {
  return readUsageSeries(db.sql, ada.viewer, { ...NO_USAGE_QUERY, ...query, userId: ada.userId, timeZone, now: NOW });
}

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Havana",
  "America/Santiago",
  "Africa/Cairo",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "America/St_Johns",
];

const clocks = new Map(
  ZONES.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" }),
  ]),
);
const seen = new Map<string, string>();

/** What the clocks of the zone show, cut to the bucket. */
function localBucket(at: string, timeZone: string, bucket: "day" | "month" | "hour"): string {
  const key = `${at} ${timeZone}`;
  const shown = seen.get(key) ?? clocks.get(timeZone)!.format(new Date(at));
  seen.set(key, shown);
  return bucket === "hour" ? shown : shown.slice(0, bucket === "month" ? 7 : 10);
}

function sumOf(some: readonly Record<string, unknown>[]): UsageFigures {
  const sum = (of: (one: Record<string, unknown>) => number) => some.reduce((total, one) => total + of(one), 0);
  const usd = (micro: number) => (micro / 1_000_000).toFixed(6);
  const onPlan = (one: Record<string, unknown>) => one["lane_kind"] === "codex";
  return {
    requests: some.length,
    failed: sum((one) => Number(["failed", "refused"].includes(String(one["outcome"])))),
    spentUsd: usd(sum((one) => Number(one["cost"]))),
    tokens: {
      freshInput: sum((one) => Number(one["fresh_input_tokens"])),
      cachedInput: sum((one) => Number(one["cached_input_tokens"])),
      cacheWrite: sum((one) => Number(one["cache_write_tokens"])),
      output: sum((one) => Number(one["output_tokens"])),
      reasoning: sum((one) => Number(one["reasoning_tokens"])),
    },
    onPlans: {
      requests: sum((one) => Number(onPlan(one))),
      unpriced: sum((one) => Number(onPlan(one) && one["cost_on_wallet"] === null)),
      worthUsd: usd(sum((one) => (onPlan(one) ? Number(one["cost_on_wallet"] ?? 0) : 0))),
    },
  };
}

function addUp(figures: readonly UsageFigures[]): Pick<UsageFigures, "requests" | "tokens"> {
  return {
    requests: figures.reduce((sum, { requests }) => sum + requests, 0),
    tokens: { ...sumOf([]).tokens, output: figures.reduce((sum, { tokens }) => sum + tokens.output, 0) },
  };
}

const anyQuery = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  groupBy: fc.constantFrom("all" as const, ...USAGE_GROUPS),
  first: fc.nat(SPAN_DAYS),
  length: fc.nat(120),
  bucket: fc.constantFrom("day" as const, "month" as const, null),
  key: fc.constantFrom("any" as const, "own" as const, "other" as const),
});

/** Against sums made one by one, in words of the zone's clocks instead of SQL. */
async function expectRight(runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(anyQuery, async ({ timeZone, groupBy, first, length, bucket, key }) => {
      const day = (ago: number) => new Date(NOW.getTime() - ago * DAY_MS).toISOString().slice(0, 10);
      const days = { from: day(first), to: day(Math.max(0, first - length)) };
      const keyId = { any: null, own: ada.keyId, other: OTHER_KEY }[key];
      const series = await read({ days, groupBy, bucket, keyId }, timeZone);
      const meant = rows.filter((one) => {
        const local = localBucket(one.started_at, timeZone, "day");
        return local >= days.from && local <= days.to && (keyId === null || one["key_id"] === keyId);
      });
      expect(series.total).toEqual(sumOf(meant));
      const valueOf = (one: Row) => (groupBy === "all" ? null : ((one[COLUMNS[groupBy]] ?? null) as string | null));
      expect(series.groupsCount).toBe(new Set(meant.map(valueOf)).size);
      for (const group of series.groups) expect(group).toMatchObject(sumOf(meant.filter((one) => valueOf(one) === group.id)));
      // Without a gap or an overlap, and each what its name says.
      expect(series.buckets.slice(1).map(({ from }) => from)).toEqual(series.buckets.slice(0, -1).map(({ to }) => to));
      const unit = series.bucket as "day" | "month" | "hour";
      for (const { from, to, parts } of series.buckets) {
        const inside = meant.filter((one) => one.started_at >= from && one.started_at < to);
        expect(addUp(parts)).toEqual({ ...addUp([sumOf(inside)]) });
        const names = [from, new Date(Date.parse(to) - 1).toISOString(), ...inside.map((one) => one.started_at)];
        // An hour may be named twice in a day; how many there are is told below.
        expect(new Set(names.map((at) => localBucket(at, timeZone, unit === "hour" ? "day" : unit))).size).toBe(1);
      }
    }),
    { numRuns: runs },
  );
}

describe("usage, of all keys and of one, is what the log comes to, in every zone", () => {
  test("while what was written late is still read from the log", async () => {
    const [state] = await db.sql<{ quarters: string; stale: string }[]>`
      select (select count(*) from usage_quarters where user_id = ${ada.userId}) as quarters, (select count(*) from usage_stale) as stale`;
    expect(Number(state?.quarters)).toBeGreaterThan(100);
    expect(Number(state?.stale)).toBeGreaterThan(100);
    await expectRight(40);
  });

  test("when all of it is summed up, and nothing is found wrong then", async () => {
    expect(await refreshStaleUsage(db.sql)).toBeGreaterThan(100);
    expect(await refreshStaleUsage(db.sql)).toBe(0);
    expect(await markWrongUsage(db.sql, { from: new Date(0) })).toBe(0);
    await expectRight(40);
  });

  test("after a row of long ago was changed, and after another was taken away", async () => {
    const [changed, removed] = [rows[500]!, rows[550]!];
    await db.sql`update requests set cost = cost + 5 where id = ${changed.id}`;
    changed["cost"] = Number(changed["cost"]) + 5;
    await db.sql`delete from requests where id = ${removed.id}`;
    rows.splice(550, 1);
    await expectRight(15);
    expect(await refreshStaleUsage(db.sql)).toBeGreaterThan(0);
    await expectRight(15);
  });

  const marksOf = async ({ userId }: TestCustomer) =>
    (await db.sql<{ quarter: Date }[]>`select quarter from usage_stale where user_id = ${userId}`).map(({ quarter }) => quarter.getTime());

  test("a change marks every quarter once, however many of its rows it concerns, and none when it concerns no sum", async () => {
    await refreshStaleUsage(db.sql);
    await db.sql`update requests set client_address = null, thread_id = 'another', error_text = null where user_id = ${ada.userId}`;
    expect(await marksOf(ada)).toEqual([]);
    await db.sql`update requests set project_id = project_id where user_id = ${ada.userId}`;
    expect(await marksOf(ada)).toEqual([]);
    await db.sql`update requests set cost = cost + 1 where user_id = ${ada.userId}`;
    await db.sql`update requests set cost = cost - 1 where user_id = ${ada.userId}`;
    const marks = await marksOf(ada);
    expect(new Set(marks).size).toBeGreaterThan(100);
    expect(marks).toHaveLength(2 * new Set(marks).size);
    expect(await refreshStaleUsage(db.sql)).toBe(new Set(marks).size);
    expect(await marksOf(ada)).toEqual([]);
    await expectRight(15);
  });

  test("what one person has changed by the thousand does not stand before another's quarter", async () => {
    await db.sql`
      insert into usage_stale (user_id, quarter)
      select ${ada.userId}, timestamptz '2020-01-01' + n * interval '15 minutes' from generate_series(1, 20000) n`;
    await db.sql`update requests set error_code = 'late', model = 'another' where user_id = ${bob.userId}`;
    expect(await marksOf(bob)).toHaveLength(1);
    await refreshStaleUsage(db.sql);
    expect(await marksOf(bob)).toEqual([]);
    expect((await marksOf(ada)).length).toBeGreaterThan(0);
    await db.sql`truncate usage_stale`;
  });

  test("a mark whose transaction was slower than a later one's is not lost", async () => {
    const [slow, changed] = [db.connect(), rows[400]!];
    await slow.sql.begin(async (tx) => {
      await tx`update requests set cost = cost + 3 where id = ${changed.id}`;
      await db.sql`
        insert into usage_stale (user_id, quarter)
        select user_id, date_bin('15 minutes', started_at, 'epoch') from requests where id = ${changed.id}`;
      expect(await refreshStaleUsage(db.sql)).toBe(1);
    });
    changed["cost"] = Number(changed["cost"]) + 3;
    expect(await marksOf(ada)).toHaveLength(1);
    await refreshStaleUsage(db.sql);
    expect(await markWrongUsage(db.sql, { from: new Date(0) })).toBe(0);
  });

  test("a sum that went wrong is found, and made anew", async () => {
    await db.sql`update usage_quarters set spent = spent + 1 where ctid = (select ctid from usage_quarters where user_id = ${ada.userId} limit 1)`;
    await db.sql`delete from usage_quarters where ctid = (select ctid from usage_quarters where user_id = ${bob.userId} limit 1)`;
    expect(await markWrongUsage(db.sql, { from: new Date(0) })).toBe(2);
    await expectRight(10);
    await refreshStaleUsage(db.sql);
    expect(await markWrongUsage(db.sql, { from: new Date(0) })).toBe(0);
  });
});

describe("the histogram of the request log", () => {
  const histogram = (filter: Partial<RequestFilter>) =>
    readHistogram(db, ada.viewer, {
      userId: ada.userId,
      filter: { ...NO_FILTER, range: "all", ...filter },
      now: new Date(NOW.getTime() + 1),
    });
  const isFailed = (one: Row) => ["failed", "refused"].includes(String(one["outcome"]));

  test.each([
    [{}, () => true],
    [{ model: ["a", "gpt-5.5"] }, (one: Row) => ["a", "gpt-5.5"].includes(String(one["model"]))],
    [
      { range: "24h" as const, client: ["sdk"] },
      (one: Row) => one["client"] === "sdk" && Date.parse(one.started_at) > NOW.getTime() - DAY_MS,
    ],
    [{ model: ["a"], client: ["sdk"] }, (one: Row) => one["model"] === "a" && one["client"] === "sdk"],
  ])("counts %j as the log does, from what is summed up or row by row", async (filter, isMeant) => {
    const meant = rows.filter(isMeant);
    const bars = (await histogram(filter))?.bars ?? [];
    expect(bars.length > 0).toBe(meant.length > 0);
    for (const { from, to, answered, failed } of bars) {
      const inside = meant.filter((one) => one.started_at >= from && one.started_at < to);
      expect({ answered, failed }).toEqual({
        answered: inside.filter((one) => !isFailed(one)).length,
        failed: inside.filter(isFailed).length,
      });
    }
    expect(bars.reduce((sum, { answered, failed }) => sum + answered + failed, 0)).toBe(meant.length);
  });

  test("a range of centuries has no more bars than any other, and ends now", async () => {
    const carl = await testCustomer(db.orm);
    const one = row(carl, 3, DAY_MS);
    await write(carl, [one]);
    const filter = { ...NO_FILTER, from: "2000-01-01T00:00:00Z", to: "9999-01-01T00:00:00Z" };
    const found = await readHistogram(db, carl.viewer, { userId: carl.userId, filter, now: NOW });
    expect(found?.bars.length).toBeLessThanOrEqual(70);
    expect(found?.bars.reduce((sum, { answered, failed }) => sum + answered + failed, 0)).toBe(1);
  });

  test("of very many that have to be counted one by one, it counts the newest and says since when", async () => {
    const carl = await testCustomer(db.orm);
    const first = row(carl, 3, DAY_MS);
    await write(carl, [first]);
    await db.sql`
      insert into requests select (jsonb_populate_record(r, jsonb_build_object('id', 'req_' || n,
        'started_at', r.started_at + n * interval '1 second'))).* from requests r, generate_series(1, ${HISTOGRAM_ROWS_MAX}) n where r.id = ${first.id}`;
    const bars = (filter: Partial<RequestFilter>) =>
      readHistogram(db, carl.viewer, { userId: carl.userId, filter: { ...NO_FILTER, range: "all", ...filter }, now: NOW });
    const counted = await bars({ client: [String(first["client"])], stream: true });
    expect(counted?.since).toBe(new Date(Date.parse(first.started_at) + 1_000).toISOString());
    expect(counted?.bars.reduce((sum, { answered, failed }) => sum + answered + failed, 0)).toBe(HISTOGRAM_ROWS_MAX);
    const all = await bars({ client: [String(first["client"])] });
    expect(all?.since).toBeNull();
    expect(all?.bars.reduce((sum, { answered, failed }) => sum + answered + failed, 0)).toBe(HISTOGRAM_ROWS_MAX + 1);
  });
});

test.each([
  ["2026-10-25", "Europe/Berlin", 25],
  ["2027-03-14", "America/New_York", 23],
  ["2026-11-01", "America/Havana", 25],
  ["2026-11-20", "Asia/Kathmandu", 24],
])("the hours of %s in %s are %i", async (day, timeZone, count) => {
  const { buckets } = await read({ days: { from: day, to: day }, bucket: "hour" }, timeZone);
  expect(buckets).toHaveLength(count);
  expect(localBucket(buckets[0]!.from, timeZone, "hour")).toBe(`${day}, 00`);
});

test("the last hour is sixty minutes, with the one that it is now at their end", async () => {
  const { buckets, total } = await read({ range: "1h" });
  expect(buckets).toHaveLength(60);
  expect(Date.parse(buckets.at(-1)!.to)).toBeGreaterThan(NOW.getTime());
  expect(total.requests).toBe(rows.filter((one) => one.started_at >= buckets[0]!.from).length);
});

test("minutes of a day that is summed up long since are counted from the log", async () => {
  const busy = new Date(NOW.getTime() - 2 * DAY_MS).toISOString().slice(0, 10);
  const { buckets, total } = await read({ days: { from: busy, to: busy }, bucket: "minute" }, "UTC");
  expect(buckets).toHaveLength(1_440);
  expect(total.requests).toBeGreaterThan(0);
  for (const { from, to, parts } of buckets) {
    const meant = rows.filter((one) => one.started_at >= from && one.started_at < to).length;
    expect(parts.reduce((sum, { requests }) => sum + requests, 0)).toBe(meant);
  }
});

test("in every bucket five groups are told apart, the largest of the range, and the others stand together", async () => {
  const { groups, buckets } = await read({ days: { from: day(60), to: day(0) }, groupBy: "model", measure: "requests" });
  expect(groups).toHaveLength(8);
  expect(groups.map(({ requests }) => requests)).toEqual(groups.map(({ requests }) => requests).toSorted((one, two) => two - one));
  expect(new Set(buckets.flatMap(({ parts }) => parts.map(({ group }) => group)))).toEqual(new Set([0, 1, 2, 3, 4, null]));

  function day(ago: number): string {
    return new Date(NOW.getTime() - ago * DAY_MS).toISOString().slice(0, 10);
  }
});

test("projects have short names and the time of their newest request; a lane that is gone says what it was", async () => {
  const range = { days: { from: new Date(NOW.getTime() - 90 * DAY_MS).toISOString().slice(0, 10), to: NOW.toISOString().slice(0, 10) } };
  const projects = (await read({ ...range, groupBy: "project" })).groups;
  expect(projects.map(({ name }) => name).toSorted()).toEqual(["Folder 012345", "No project", "Session ffffff"]);
  const newest = rows
    .filter((one) => one["project_id"] === "dir_0123456789abcdef0123")
    .map((one) => one.started_at)
    .toSorted()
    .at(-1);
  expect(projects.find(({ name }) => name === "Folder 012345")?.lastUsedAt).toBe(newest);
  const lanes = (await read({ ...range, groupBy: "lane" })).groups;
  expect(Object.fromEntries(lanes.map(({ name, isGone }) => [name, isGone]))).toEqual({
    "ChatGPT account (removed)": true,
    "No lane answered": false,
    "Own key (removed)": true,
    Wallet: false,
  });
});

test("somebody else's usage does not exist", async () => {
  await expect(
    readUsageSeries(db.sql, bob.viewer, { ...NO_USAGE_QUERY, userId: ada.userId, timeZone: "UTC", now: NOW }),
  ).rejects.toMatchObject({ code: "not_found" });
});
