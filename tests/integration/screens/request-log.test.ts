import { parse } from "papaparse";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { newId } from "@/lib/ids/ids";
import { exportRequests } from "@/lib/requests/export-requests";
import { countRequests, listRequests, type RequestView } from "@/lib/requests/read";
import { findRequestDetail } from "@/lib/requests/read-detail";
import { readHistogram } from "@/lib/requests/read-histogram";
import { filterQuery, LANE_KINDS, NO_FILTER, OUTCOMES, readFilter, REQUEST_KINDS, type RequestFilter } from "@/lib/requests/request-filter";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest, testRequestRow } from "@/tests/factories/request";

const NOW = new Date("2026-11-20T12:00:00Z");
const HOUR_MS = 3_600_000;
const ROWS = 240;

let database: TestDatabase;
let ada: TestCustomer;
let other: TestCustomer;
let rows: Record<string, unknown>[];
let ids: string[];

const MODELS = ["gpt-5.5", "gpt-6.1-sol", "=HYPERLINK(1)"];
/** As `newId` makes them at that moment. */
const idOf = (at: Date) => `req_${at.getTime().toString(16).padStart(12, "0")}${newId("req").slice(-20)}`;
const pick = <T>(values: readonly T[], at: number): T => values[at % values.length]!;

beforeAll(async () => {
  database = await testDatabase();
  [ada, other] = [await testCustomer(database.orm, { creditUsd: "10" }), await testCustomer(database.orm, { creditUsd: "10" })];
  rows = Array.from({ length: ROWS }, (_, at) => {
    const startedAt = new Date(NOW.getTime() - Math.floor((at * at * HOUR_MS) / 60) - 1);
    return {
      ...testRequestRow(ada, { id: idOf(startedAt), startedAt }),
      model: pick([...MODELS, null], at),
      lane_id: at % 5 === 4 ? null : ada.walletLaneId,
      lane_kind: at % 5 === 4 ? null : pick(["wallet", "codex", "api_key"], at),
      outcome: pick(OUTCOMES, at),
      status: pick([200, 429, 404, 502], at),
      client: pick(["codex", "sdk"], at),
      request_kind: pick(["turn", "compaction", null], at),
      thread_source: pick(["user", "thread_title", "guardian_review", null, null], at),
      thread_id: pick(["thread-a", "thread-b", null], at),
      stream: at % 3 === 0,
      duration_ms: at * 37,
      cost_on_wallet: at * 1_000,
      cost: 0,
      spill_reason: at % 7 === 0 ? "exhausted" : null,
      error_text: at % 6 === 2 ? `=1+${at}, "quoted"\nand a second line` : null,
    };
  });
  ids = rows.map((row) => String(row["id"]));
  await write(ada, rows);
  await write(other, [testRequestRow(other, { id: newId("req"), startedAt: NOW })]);
});
afterAll(() => database.close());

async function write(customer: TestCustomer, many: readonly Record<string, unknown>[]): Promise<void> {
  const { keyId, userId } = customer;
  await settleRequests(
    database.sql,
    many.map((request) => ({ requestId: String(request["id"]), keyId, userId, processId: "proc_test", holds: [], request, attempts: [] })),
  );
}

const log = (filter: Partial<RequestFilter>) => ({
  userId: ada.userId,
  filter: { ...NO_FILTER, range: "all" as const, ...filter },
  now: NOW,
});

async function idsOf(filter: Partial<RequestFilter>): Promise<string[]> {
  const listed: string[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listRequests>> = await listRequests(database.orm, ada.viewer, {
      ...log(filter),
      limit: 100,
      before,
    });
    listed.push(...page.rows.map(({ id }) => id));
    before = page.nextCursor;
  } while (before !== null);
  return listed;
}

/** The meaning of a filter, said again without SQL. */
function isMeant(filter: RequestFilter, row: Record<string, unknown>): boolean {
  const among = (values: readonly string[], value: unknown) => values.length === 0 || values.includes(String(value));
  const startedAt = new Date(String(row["started_at"]));
  const spanMs = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS, all: Infinity }[filter.range];
  const isOwnSpan = filter.from !== null || filter.to !== null;
  const kind =
    row["request_kind"] === "compaction"
      ? [
          "compaction",
          ...(row["thread_source"] === "thread_title" ? ["title"] : []),
          ...(row["thread_source"] === "guardian_review" ? ["review"] : []),
        ]
      : [row["thread_source"] === "thread_title" ? "title" : row["thread_source"] === "guardian_review" ? "review" : "turn"];
  return [
    isOwnSpan || startedAt.getTime() >= NOW.getTime() - spanMs,
    filter.from === null || startedAt >= new Date(filter.from),
    filter.to === null || startedAt < new Date(filter.to),
    filter.model.length === 0 || (row["model"] !== null && among(filter.model, row["model"])),
    among(filter.laneKind, row["lane_kind"] ?? "none"),
    among(filter.outcome, row["outcome"]),
    among(filter.client, row["client"]),
    filter.kind.length === 0 || filter.kind.some((one) => kind.includes(one)),
    filter.status === null || new RegExp(`^${filter.status.replaceAll("x", "\\d")}$`).test(String(row["status"])),
    filter.thread === null || row["thread_id"] === filter.thread,
    filter.stream === null || row["stream"] === filter.stream,
    !filter.spill || row["spill_reason"] !== null,
    filter.minMs === null || Number(row["duration_ms"]) >= filter.minMs,
    filter.id === null || String(row["id"]).startsWith(filter.id),
  ].every(Boolean);
}

const some = <T extends string>(values: readonly T[]) => fc.subarray([...values], { maxLength: 2 });
const instant = fc.integer({ min: 0, max: 900 }).map((hours) => new Date(NOW.getTime() - hours * HOUR_MS).toISOString());
const anyFilter: fc.Arbitrary<RequestFilter> = fc
  .record({
    range: fc.constantFrom("1h", "24h", "7d", "30d", "all"),
    span: fc.option(fc.tuple(instant, instant)),
    model: some(MODELS),
    laneKind: some(LANE_KINDS),
    outcome: some(OUTCOMES),
    client: some(["codex", "sdk"]),
    kind: some(REQUEST_KINDS),
    status: fc.option(fc.constantFrom("200", "429", "4xx", "5xx"), { freq: 2 }),
    thread: fc.option(fc.constantFrom("thread-a", "thread-c"), { freq: 1 }),
    stream: fc.option(fc.boolean()),
    spill: fc.boolean(),
    minMs: fc.option(fc.integer({ min: 0, max: 9_000 })),
    beginning: fc.option(fc.tuple(fc.nat(ROWS - 1), fc.integer({ min: 1, max: 32 }))),
  })
  .map(({ span, beginning, ...rest }) => {
    const [one, two] = span ?? [null, null];
    const isTurned = one !== null && two !== null && one >= two;
    return { ...NO_FILTER, ...rest, from: isTurned ? null : one, to: isTurned ? null : two, id: null, beginning };
  })
  .map(({ beginning, ...filter }) => ({ ...filter, id: beginning && (ids[beginning[0]] ?? "req_0").slice(0, 4 + beginning[1]) }));

describe("a filter of the request log", () => {
  test("finds what it means, no more and no less, newest first, in pages, counted, and never somebody else's", async () => {
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        const meant = rows.filter((row) => isMeant(filter, row)).map((row) => String(row["id"]));
        expect((await idsOf(filter)).toSorted()).toEqual(meant.toSorted());
        expect(await countRequests(database.orm, ada.viewer, log(filter))).toEqual({ count: meant.length, isMore: false });
        const bars = (await readHistogram(database, ada.viewer, log(filter)))?.bars ?? [];
        expect(bars.reduce((sum, { answered, failed }) => sum + answered + failed, 0)).toBe(meant.length);
        expect(bars.length).toBeLessThanOrEqual(66);
      }),
      { numRuns: 60 },
    );
    const times = (await listRequests(database.orm, ada.viewer, { ...log({}), limit: 500 })).rows.map(({ startedAt }) => startedAt);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test("by money compares exactly", async () => {
    const trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
    const payer = await testCustomer(database.orm, { creditUsd: "10" });
    const charged = await chargeTestRequest(database, { ...trade, customer: payer, amount: 900_000n, cost: 250_001n, startedAt: NOW });
    const found = async (minCost: string) =>
      (await listRequests(database.orm, payer.viewer, { ...log({ minCost }), userId: payer.userId, limit: 10 })).rows.map(({ id }) => id);
    expect(await found("0.250001")).toEqual([charged.requestId]);
    expect(await found("0.250002")).toEqual([]);
  });

  test("read from its own address is the same filter", () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        const { filter: again, problems } = readFilter(filterQuery(filter));
        const range = filter.from !== null || filter.to !== null ? NO_FILTER.range : filter.range;
        expect(again).toEqual({ ...filter, range });
        expect(problems).toEqual([]);
      }),
    );
  });
});

async function exported(format: "csv" | "ndjson"): Promise<string> {
  let text = "";
  for await (const part of exportRequests(database.orm, ada.viewer, { ...log({}), format })) text += part;
  return text;
}

describe("an export", () => {
  test("as CSV holds every row of the filter, and no cell that a spreadsheet would run", async () => {
    const { data, errors } = parse<Record<string, string>>((await exported("csv")).trimEnd(), { header: true });
    expect(errors).toEqual([]);
    expect(data.map((row) => String(row["id"])).toSorted()).toEqual(ids.toSorted());
    expect(data.filter((row) => row["model"] === "'=HYPERLINK(1)").length).toBeGreaterThan(0);
    for (const row of data) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+@\t\r]/);
    expect(data.find((row) => row["error_text"]?.startsWith("'=1+"))?.["error_text"]).toMatch(/, "quoted"\nand a second line$/);
  });

  test("as JSON lines is what the API answers", async () => {
    const lines = (await exported("ndjson")).trimEnd().split("\n");
    const { rows: answered } = await listRequests(database.orm, ada.viewer, { ...log({}), limit: 500 });
    expect(lines.map((line) => JSON.parse(line) as RequestView)).toEqual(answered);
  });

  test("reads rows only when its taker asks for them", async () => {
    const select = vi.spyOn(database.orm, "select");
    onTestFinished(() => select.mockRestore());
    const parts = exportRequests(database.orm, ada.viewer, { ...log({}), format: "csv" });
    await parts.next();
    expect(select).not.toHaveBeenCalled();
    await parts.next();
    expect(select).toHaveBeenCalled();
    await parts.return(undefined);
  });
});

test("a request's page adds its cost up to what was charged, and tells what went through the wallet", async () => {
  const trade = { providerId: await testProvider(database.orm), priceId: (await testPrice(database.orm, "gpt-5.5")).id };
  const cost = (100n * 5_000_000n + 20n * 500_000n + 50n * 30_000_000n) / 1_000_000n;
  const { requestId } = await chargeTestRequest(database, { ...trade, customer: ada, amount: 900_000n, cost });
  const detail = await findRequestDetail(database.orm, ada.viewer, { requestId });
  expect(detail.keyName).toBe("First key");
  expect(detail.bill).not.toBeNull();
  expect(detail.hold).toMatchObject({ amountUsd: "0.900000", state: "settled" });
  expect(detail.transfers.map(({ kind, availableUsd }) => [kind, availableUsd])).toEqual([
    ["hold", "-0.900000"],
    ["settle", (Number(900_000n - cost) / 1e6).toFixed(6)],
  ]);
  await expect(findRequestDetail(database.orm, other.viewer, { requestId })).rejects.toMatchObject({ code: "not_found" });
});
