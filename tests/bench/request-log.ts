import { readFileSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import path from "node:path";
import type { Sql } from "postgres";
import { connectDatabase, type Database } from "@/db/client";
import { migrate } from "@/db/migrate";
import { withTransaction } from "@/db/transaction";
import type { Actor, Viewer } from "@/lib/access/viewer";
import { newBoxKeyPair } from "@/lib/crypto/sealed-box";
import { readKeyFigures } from "@/lib/keys/read-key-figures";
import { setRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { countRequests, listRequests } from "@/lib/requests/read";
import { readHistogram } from "@/lib/requests/read-histogram";
import { readToday } from "@/lib/requests/read-today";
import { readUsage } from "@/lib/requests/read-usage";
import { readUsageSeries } from "@/lib/requests/read-usage-series";
import { NO_FILTER, RANGES, type RequestFilter } from "@/lib/requests/request-filter";
import { rollUpUsage } from "@/lib/requests/roll-up-usage";
import { NO_USAGE_QUERY, USAGE_DAYS_MAX, USAGE_RANGES } from "@/lib/requests/usage-query";
import { USAGE_DIMENSIONS } from "@/lib/requests/usage-sums";
import { systemClock } from "@/lib/time/clock";
import { createCustomer } from "@/lib/users/create-customer";
import { exportLedger } from "@/lib/wallet/export-ledger";
import { listLedger } from "@/lib/wallet/read-ledger";
import { markdown } from "@/tests/bench/report";
import { fillLedger, LEDGER_REQUESTS } from "@/tests/bench/wallet-ledger";
import { testCustomer } from "@/tests/factories/customer";
import { startEmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";

/*
 * One customer with a million requests of thirty days: how long the database works for a page of the request log under every filter,
 * and for the usage page over every range. Embedded Postgres as `npm start` makes it, without helpers for a single statement: what is
 * told is the processor time of the connections that were asked, which others on the same cores do not change.
 */

const ROWS = 1_000_000;
const DAYS = 30;
const ROUNDS = 5;
const PAGE_ROWS = 50;
const LEDGER_PAGE_LINES = 50;
const LEDGER_READ_LINES = 500;
const GOAL_MS = 200;
const TIME_ZONE = "Asia/Kathmandu";
const ACTOR: Actor = { kind: "operator_cli" };

/** Common, rare, and there is none: what may be slow is what is seldom found. */
const FILTERS: Record<string, Partial<RequestFilter>> = {
  none: {},
  "model, one in eight": { model: ["model-3"] },
  "model, 5 requests of all": { model: ["model-rare"] },
  "model, none": { model: ["no-such-model"] },
  "two models": { model: ["model-3", "model-rare"] },
  "key, one in six": { key: ["key_3"] },
  "lane, one in four": { lane: ["lane_2"] },
  "lane kind: ChatGPT": { laneKind: ["codex"] },
  "lane kind: none answered": { laneKind: ["none"] },
  "outcome: failed": { outcome: ["failed"] },
  "outcome: failed or refused": { outcome: ["failed", "refused"] },
  "status 429": { status: "429" },
  "status 5xx": { status: "5xx" },
  "client, one in a thousand": { client: ["sdk"] },
  "kind: turn": { kind: ["turn"] },
  "kind: compaction": { kind: ["compaction"] },
  "kind: review": { kind: ["review"] },
  "project, one in 25": { project: ["dir_00000000000000000007"] },
  thread: { thread: "thread-77" },
  "not streamed, one in a thousand": { stream: false },
  spill: { spill: true },
  "cost of $1 and more": { minCost: "1" },
  "cost of $100 and more": { minCost: "100" },
  "a minute and more": { minMs: 60_000 },
  "an hour and more": { minMs: 3_600_000 },
  "request id": { id: "req_" },
  "model and outcome": { model: ["model-3"], outcome: ["failed"] },
  "key, project and lane kind": { key: ["key_3"], project: ["dir_00000000000000000007"], laneKind: ["wallet"] },
  "model, client and cost": { model: ["model-3"], client: ["sdk"], minCost: "1" },
};

export async function benchRequestLog(cacheDir: string): Promise<string> {
  const dataDir = path.join(cacheDir, `log-${process.pid}`);
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {} });
  const database = connectDatabase(postgres.url, { max: 1 });
  try {
    await migrate(postgres.url);
    const viewer = await fill(database);
    const payer = await testCustomer(database.orm);
    await fillLedger(database, { ...payer, actor: ACTOR });
    await database.sql`vacuum analyze`;
    return await measure(database, viewer, payer.viewer);
  } finally {
    await database.close();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function fill({ orm, sql }: Database): Promise<Viewer> {
  const { userId } = await withTransaction(orm, async (tx) => {
    await setRevealPublicKey(tx, newBoxKeyPair().publicKey);
    return createCustomer(tx, {
      username: "many",
      passwordHash: "$argon2id$none",
      openingCredit: undefined,
      actor: ACTOR,
      clock: systemClock,
    });
  });
  await sql`select ensure_request_partitions(now() - interval '1 month', 3)`;
  // Written in the past, which in life means late: the marks would be as many as the rows.
  await sql`alter table requests disable trigger requests_late_insert`;
  const beganMs = performance.now();
  await sql`
    insert into requests (id, started_at, ended_at, user_id, key_id, lane_id, lane_kind, method, path, model, served_model, stream, outcome,
      status, client, request_kind, thread_source, thread_id, turn_id, project_id, subagent, fresh_input_tokens, cached_input_tokens,
      cache_write_tokens, output_tokens, reasoning_tokens, web_search_calls, usage_estimated, usage_flags, cost, cost_on_wallet, first_byte_ms,
      first_content_ms, duration_ms, request_bytes, reply_bytes, client_gone, decisions, edits, spill_reason)
    select 'req_' || lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || substr(md5(n::text), 1, 20), at, at + interval '4 seconds',
      ${userId}, 'key_' || n % 6, case when r[1] < 0.02 then null else 'lane_' || n % 4 end,
      case when r[1] < 0.02 then null else (array['wallet', 'codex', 'codex', 'api_key'])[n % 4 + 1] end, 'POST', '/v1/responses',
      case when n % (${ROWS} / 5) = 7 then 'model-rare' else 'model-' || n % 8 end, 'model-' || n % 8, r[2] > 0.001,
      case when r[3] < 0.02 then 'failed' when r[3] < 0.035 then 'refused' when r[3] < 0.04 then 'interrupted' else 'completed' end,
      case when r[3] < 0.02 then 502 when r[3] < 0.035 then 429 when r[3] < 0.04 then 0 else 200 end,
      case when r[4] < 0.001 then 'sdk' else 'codex' end, case when r[5] < 0.003 then 'compaction' else 'turn' end,
      case when r[6] < 0.05 then 'thread_title' when r[6] < 0.052 then 'guardian_review' else 'user' end, 'thread-' || n % 20000, 'turn-' || n,
      'dir_' || lpad((n % 25)::text, 20, '0'), null, 900, 12000, 0, 400, 120, 0, false, '{}',
      case when n % 4 = 0 then (r[7] * r[7] * r[7] * 1100000)::bigint else 0 end, 20000, 700, 900, (r[8] * r[8] * r[8] * 70000)::int, 40000, 9000,
      false, '[{"laneId": "lane_0", "laneKind": "codex", "label": "Mine", "decision": "answered", "reason": null, "evidence": null}]', '[]',
      case when r[9] < 0.002 then 'exhausted' end
    from generate_series(1, ${ROWS}) n
    cross join lateral (select now() - make_interval(secs => (${ROWS} - n) * ${(DAYS * 86_400) / ROWS}::float8) as at) time
    cross join lateral (select array[random(), random(), random(), random(), random(), random(), random(), random(), random(), n] as r) chance`;
  await sql`
    insert into attempts (request_id, attempt_no, started_at, lane_id, lane_kind, outcome, offset_ms, duration_ms, fresh_input_tokens,
      cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost, provider_cost)
    select id, 1, started_at, coalesce(lane_id, 'lane_0'), coalesce(lane_kind, 'codex'), 'answered', 3, duration_ms, 900, 12000, 0, 400, 120,
      cost, 0 from requests`;
  const filledMs = performance.now();
  await sql`alter table requests enable trigger requests_late_insert`;
  await rollUpUsage(sql, { now: new Date() });
  const rolledMs = performance.now();
  console.error(`filled in ${seconds(filledMs - beganMs)}, summed up in ${seconds(rolledMs - filledMs)}`);
  return { userId, username: "many", role: "customer", via: { kind: "operator_cli" } };
}

async function measure({ orm, sql }: Database, viewer: Viewer, payer: Viewer): Promise<string> {
  const { userId } = viewer;
  const slow: string[] = [];
  const backends: number[] = [];
  for (const statement of ["set max_parallel_workers_per_gather = 0", "select pg_backend_pid() as pid"]) {
    const answers = [...(await sql.unsafe<{ pid?: number }[]>(statement)), ...(await orm.execute<{ pid?: number }>(statement))];
    backends.push(...answers.flatMap(({ pid }) => pid ?? []));
  }
  const workedMs = () => backends.reduce((sum, pid) => sum + processorMs(pid), 0);
  const timed = async (name: string, run: () => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const beganMs = workedMs();
      await run();
      times.push(workedMs() - beganMs);
    }
    // The first one has read what was not in memory yet.
    const median = times.slice(1).toSorted((one, two) => one - two)[Math.floor(ROUNDS / 2)]!;
    if (median > GOAL_MS) slow.push(`${name} ${median.toFixed(0)} ms`);
    return median;
  };
  const [newest] = (await listRequests(orm, viewer, { userId, limit: 1 })).rows;
  const logRows: string[][] = [];
  for (const [name, given] of Object.entries(FILTERS)) {
    const filter = { ...NO_FILTER, ...given, ...(given.id && { id: newest?.id ?? null }) };
    const cells: string[] = [];
    for (const range of RANGES) {
      const log = { userId, filter: { ...filter, range }, now: new Date() };
      const list = await timed(`list, ${name}, ${range}`, () => listRequests(orm, viewer, { ...log, limit: PAGE_ROWS }));
      const count = await timed(`count, ${name}, ${range}`, () => countRequests(orm, viewer, log));
      const bars = await timed(`histogram, ${name}, ${range}`, () => readHistogram({ orm, sql }, viewer, log));
      cells.push([list, count, bars].map((ms) => ms.toFixed(0)).join(" + "));
    }
    logRows.push([name, ...cells]);
    console.error(`${name}: ${cells.join(" | ")}`);
  }
  const usageRows: string[][] = [];
  for (const groupBy of USAGE_DIMENSIONS) {
    const cells: string[] = [];
    for (const range of USAGE_RANGES) {
      const query = { ...NO_USAGE_QUERY, userId, timeZone: TIME_ZONE, now: new Date(), range, groupBy };
      cells.push((await timed(`usage, ${groupBy}, ${range}`, () => readUsageSeries(sql, viewer, query))).toFixed(0));
    }
    usageRows.push([groupBy, ...cells]);
  }
  const clock = systemClock;
  const [to, from] = [new Date(), new Date(Date.now() - (USAGE_DAYS_MAX - 2) * 86_400_000)].map((at) => at.toISOString().slice(0, 10));
  const ledger = { userId: payer.userId, limit: LEDGER_PAGE_LINES };
  const middle = await cursorAfter(sql, payer, LEDGER_REQUESTS / 2);
  const reads: Record<string, () => Promise<unknown>> = {
    "overview: today": () => readToday(sql, viewer, { userId, timeZone: TIME_ZONE, clock }),
    "/api/v1/usage, 30 days": () => readUsage(sql, viewer, { userId, timeZone: TIME_ZONE, clock }),
    "/api/v1/usage, a year": () => readUsage(sql, viewer, { userId, timeZone: TIME_ZONE, clock, from, to }),
    "key page: figures of 30 days": () => readKeyFigures(sql, viewer, { keyId: "key_3", userId, clock }),
    [`ledger of ${LEDGER_REQUESTS / 1000}k requests: first page`]: () => listLedger(sql, payer, ledger),
    "the same, a page from the middle": () => listLedger(sql, payer, { ...ledger, before: middle }),
    "the same, first page with holds": () => listLedger(sql, payer, { ...ledger, withHolds: true }),
  };
  const others: string[][] = [];
  for (const [name, read] of Object.entries(reads)) others.push([name, (await timed(name, read)).toFixed(0)]);
  const beganMs = workedMs();
  let lines = 0;
  for await (const part of exportLedger(sql, payer, { userId: payer.userId, withHolds: false })) lines += part.split("\n").length - 1;
  const exportMs = workedMs() - beganMs;
  others.push([`the same, the whole export: ${lines.toLocaleString("en-US")} lines`, exportMs.toFixed(0)]);
  return [
    `${ROWS.toLocaleString("en-US")} requests of one customer in ${DAYS} days; medians of ${ROUNDS}, processor time of Postgres in ms; load ${loadavg()[0]?.toFixed(1)}`,
    markdown(["filter (list + count + histogram)", ...RANGES], logRows),
    markdown(["usage by", ...USAGE_RANGES], usageRows),
    markdown(["other reads", "ms"], others),
    slow.length === 0 ? `Every statement is below ${GOAL_MS} ms.` : `Above ${GOAL_MS} ms: ${slow.join("; ")}`,
  ].join("\n\n");
}

/** So many lines into the ledger, newest first. */
async function cursorAfter(sql: Sql, payer: Viewer, lines: number): Promise<string | null> {
  let before: string | null = null;
  for (let read = 0; read < lines; read += LEDGER_READ_LINES) {
    const page: Awaited<ReturnType<typeof listLedger>> = await listLedger(sql, payer, {
      userId: payer.userId,
      limit: LEDGER_READ_LINES,
      before,
    });
    before = page.nextCursor;
  }
  return before;
}

/** Linux, in nanoseconds there. */
function processorMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1_000_000;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}
