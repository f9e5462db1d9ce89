import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { closeWindow } from "@/lib/codex/close-window";
import { coolLane } from "@/lib/codex/cool-lane";
import { recordLimits } from "@/lib/codex/record-limits";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import type { ReportedLimits, ReportedWindow } from "@/lib/turns/reported-limits";
import { OPERATOR } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { signedInAccount, type LeasedAccount } from "@/tests/factories/leased-account";

const FIVE_HOURS = 300;
const WEEK = 10_080;
const HOUR_MS = 3_600_000;
const START = Date.now();

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** Minutes after the start of this file. */
const at = (minutes: number) => new Date(START + minutes * 60_000);

function window(usedPercent: number, options: { minutes?: number; resetsAt?: Date | null; limitId?: string } = {}): ReportedWindow {
  const { minutes = FIVE_HOURS, resetsAt = at(120), limitId = "codex" } = options;
  return { limitId, limitName: null, windowMinutes: minutes, usedPercent, resetsAt };
}

function report(windows: readonly ReportedWindow[], rest: Partial<ReportedLimits> = {}): ReportedLimits {
  return { allowed: null, planType: null, openaiAccountId: null, credits: null, ...rest, windows };
}

const NOTHING = report([]);

const record = (account: LeasedAccount, minutes: number, limits: ReportedLimits) =>
  recordLimits(database.sql, { ...account.proof, limits, observedAt: at(minutes) });

async function lane({ laneId }: LeasedAccount) {
  const [row] = await database.sql<{ state: string; reason: string | null; until: Date | null; models: Record<string, string> }[]>`
    select state, state_reason as reason, state_until as until, closed_models as models from lanes where id = ${laneId}`;
  return row;
}

const closed = (account: LeasedAccount, until: Date | null, model: string | null = null) =>
  closeWindow(database.sql, { ...account.proof, model, until, reason: "usage_limit_reached" });

describe("what a report makes of the lane", () => {
  const week = { minutes: WEEK, resetsAt: at(3 * 24 * 60) };
  test.each<{ name: string; reports: ReportedLimits[]; state: string; until: Date | null }>([
    { name: "room in both windows leaves it ready", reports: [report([window(40), window(70, week)])], state: "ready", until: null },
    { name: "a full window closes it until its reset", reports: [report([window(100)])], state: "exhausted", until: at(120) },
    {
      name: "two full windows close it until the later reset",
      reports: [report([window(100), window(100, week)])],
      state: "exhausted",
      until: at(3 * 24 * 60),
    },
    {
      name: "a weekly window in the first slot is a weekly window",
      reports: [report([window(100, week)]), report([window(0)])],
      state: "exhausted",
      until: at(3 * 24 * 60),
    },
    { name: "a report that says nothing says nothing", reports: [NOTHING], state: "ready", until: null },
    { name: "a report that says nothing does not open it", reports: [report([window(100)]), NOTHING], state: "exhausted", until: at(120) },
    { name: "99 % is not full", reports: [report([window(99.9)])], state: "ready", until: null },
    {
      name: "a full window whose reset has passed is not full",
      reports: [report([window(100, { resetsAt: at(-60) })])],
      state: "ready",
      until: null,
    },
    {
      name: "a full limit of one model closes nothing here",
      reports: [report([window(100, { limitId: "codex_spark" }), window(10)])],
      state: "ready",
      until: null,
    },
    { name: "not allowed closes it for a guess", reports: [report([], { allowed: false })], state: "exhausted", until: at(15) },
    {
      name: "not allowed with a full window closes it until its reset",
      reports: [report([window(100)]), report([], { allowed: false })],
      state: "exhausted",
      until: at(120),
    },
    {
      name: "a window that was emptied opens it",
      reports: [report([window(100)]), report([window(0, { resetsAt: at(420) })])],
      state: "ready",
      until: null,
    },
    {
      name: "the short window's room does not open it while the weekly one is full",
      reports: [report([window(50), window(100, week)]), report([window(0)])],
      state: "exhausted",
      until: at(3 * 24 * 60),
    },
    {
      name: "allowed opens it whatever was known before",
      reports: [report([window(100, week)]), report([], { allowed: true })],
      state: "ready",
      until: null,
    },
    {
      name: "allowed with a full window stays closed",
      reports: [report([window(100)], { allowed: true })],
      state: "exhausted",
      until: at(120),
    },
    {
      name: "a full window without its reset is closed until the reset that is known",
      reports: [report([window(60)]), report([window(100, { resetsAt: null })])],
      state: "exhausted",
      until: at(120),
    },
    {
      name: "a reset beyond the window's own length is not believed",
      reports: [report([window(100, { resetsAt: at(60 * 24 * 365) })])],
      state: "exhausted",
      until: at(FIVE_HOURS),
    },
  ])("$name", async ({ reports, state, until }) => {
    const account = await signedInAccount(database);
    let outcome;
    for (const [index, limits] of reports.entries()) outcome = await record(account, index / 1000, limits);
    expect(outcome).toMatchObject({ laneState: state });
    const now = await lane(account);
    // In whole minutes: guesses and resets that are cut count from the report itself, which may be the second one.
    const untilMinutes = now?.until ? Math.round((now.until.getTime() - START) / 60_000) : null;
    expect({ state: now?.state, untilMinutes }).toEqual({ state, untilMinutes: until && (until.getTime() - START) / 60_000 });
  });

  test("an older report that comes late changes nothing", async () => {
    const account = await signedInAccount(database);
    await record(account, 10, report([window(100)]));
    expect(await record(account, 9, report([window(30)], { allowed: true }))).toMatchObject({ laneState: "exhausted" });
    const [row] = await database.sql`select used_percent from usage_windows where account_id = ${account.accountId}`;
    expect(row).toEqual({ used_percent: 100 });
  });

  test("under a lost lease nothing is written", async () => {
    const account = await signedInAccount(database);
    const stale = { ...account, proof: { ...account.proof, runnerId: "run_other" } };
    expect(await record(stale, 1, report([window(100)]))).toBe("fenced");
    expect(await closed(stale, null)).toBe("fenced");
    expect(await coolLane(database.sql, { ...stale.proof, reason: "burst", until: at(5) })).toBe(false);
    expect(await lane(account)).toMatchObject({ state: "ready" });
    expect(await database.sql`select 1 from usage_windows where account_id = ${account.accountId}`).toHaveLength(0);
  });

  test("plan and credits are kept as they are told, and stay when they are not told", async () => {
    const account = await signedInAccount(database);
    await record(account, 1, report([], { planType: "pro", credits: { state: "yes", balance: "12.50" } }));
    await record(account, 2, NOTHING);
    const [row] = await database.sql`
      select a.plan_type, c.has_credits, c.balance from chatgpt_accounts a join account_credits c on c.account_id = a.id
      where a.id = ${account.accountId}`;
    expect(row).toEqual({ plan_type: "pro", has_credits: "yes", balance: "12.50" });
  });

  test("the history has a row for every change and none for the same again", async () => {
    const account = await signedInAccount(database);
    const wandering = new Date(at(120).getTime() + 20_000);
    await record(account, 1, report([window(10)]));
    await record(account, 2, report([window(10, { resetsAt: wandering })]));
    await record(account, 3, report([window(12)]));
    await record(account, 4, report([window(0, { resetsAt: at(420) })]));
    const samples = await database.sql`
      select used_percent from window_samples where account_id = ${account.accountId} order by observed_at`;
    expect(samples.map((sample) => sample["used_percent"] as number)).toEqual([10, 12, 0]);
  });
});

describe("a turn that was refused with usage_limit_reached", () => {
  test("closes the lane whatever the percentage says, and a fresh word opens it", async () => {
    const account = await signedInAccount(database);
    await record(account, 0, report([window(25)]));
    const until = new Date(Date.now() + HOUR_MS);
    await closed(account, until);
    expect(await lane(account)).toMatchObject({ state: "exhausted", until, reason: "usage_limit_reached" });
    // What was observed before the refusal is no news.
    await record(account, -1, report([window(25)], { allowed: true }));
    expect(await lane(account)).toMatchObject({ state: "exhausted" });
    await record(account, 60, report([window(0, { resetsAt: at(420) })], { allowed: true }));
    expect(await lane(account)).toMatchObject({ state: "ready", until: null });
    const events = await database.sql`
      select kind from account_events where account_id = ${account.accountId} and kind like 'window%' order by created_at`;
    expect(events.map((event) => event["kind"] as string)).toEqual(["window_closed", "window_opened"]);
  });

  test("without a time is closed until the known reset, else for a guess that says so", async () => {
    const [known, unknown] = [await signedInAccount(database), await signedInAccount(database)];
    const resetsAt = new Date(Date.now() + HOUR_MS);
    await record(known, 0, report([window(100, { resetsAt })]));
    await closed(known, null);
    expect(await lane(known)).toMatchObject({ state: "exhausted", until: resetsAt, reason: "usage_limit_reached" });
    await closed(unknown, null);
    expect((await lane(unknown))?.reason).toMatch(/does not say until when/);
  });

  test("on one model's own limit closes that model only, and forgets those that are open again", async () => {
    const account = await signedInAccount(database);
    await database.sql`update lanes set closed_models = ${'{"gpt-old": "2020-01-01T00:00:00.000Z"}'}::text::jsonb where id = ${account.laneId}`;
    const until = new Date(Date.now() + HOUR_MS);
    await closed(account, until, "gpt-x");
    expect(await lane(account)).toMatchObject({ state: "ready", models: { "gpt-x": until.toISOString() } });
    await record(account, 60, report([window(1), window(2, { limitId: "codex_gpt_x" })], { allowed: true }));
    expect((await lane(account))?.models).toEqual({});
  });

  test("a burst cools a lane for seconds, and never touches a closed window", async () => {
    const account = await signedInAccount(database);
    const cool = (seconds: number) =>
      coolLane(database.sql, { ...account.proof, reason: "burst", until: new Date(Date.now() + seconds * 1000) });
    await cool(20);
    const first = await lane(account);
    expect(first).toMatchObject({ state: "cooling", reason: "burst" });
    await cool(5);
    expect(await lane(account)).toEqual(first);
    const until = new Date(Date.now() + HOUR_MS);
    await closed(account, until);
    await cool(30);
    expect(await lane(account)).toMatchObject({ state: "exhausted", until });
  });
});

test("a lane whose pause ends is exhausted when its window is still full", async () => {
  const account = await signedInAccount(database);
  const { userId } = account.customer;
  const set = (state: "ready" | "paused") =>
    withTransaction(database.orm, (tx) => setLaneState(tx, { userId, laneId: account.laneId, to: { state }, actor: OPERATOR }));
  await set("paused");
  await record(account, 1, report([window(100)]));
  expect(await lane(account)).toMatchObject({ state: "paused" });
  await set("ready");
  expect(await lane(account)).toMatchObject({ state: "exhausted", until: at(120) });
});

test("whatever is reported in whatever order, unknown never opens a closed lane, and only a full or refused account closes one", async () => {
  const percent = fc.constantFrom(0, 37, 99, 100);
  const anyWindow = fc.record({
    limitId: fc.constantFrom("codex", "codex_spark"),
    limitName: fc.constant(null),
    windowMinutes: fc.constantFrom(FIVE_HOURS, WEEK),
    usedPercent: percent,
    resetsAt: fc.constantFrom(null, at(600), at(6000)),
  });
  const anyReport = fc.record({
    allowed: fc.constantFrom(null, true, false),
    planType: fc.constantFrom(null, "plus"),
    openaiAccountId: fc.constant(null),
    windows: fc.array(anyWindow, { maxLength: 4 }),
    credits: fc.constant(null),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyReport, { minLength: 1, maxLength: 6 }), async (reports) => {
      const account = await signedInAccount(database);
      let before = "ready";
      for (const [index, limits] of reports.entries()) {
        await record(account, index + 1, limits);
        const now = await lane(account);
        const own = limits.windows.filter(({ limitId }) => limitId === "codex");
        const saysRoom = limits.allowed === true || (limits.allowed === null && own.some(({ usedPercent }) => usedPercent < 100));
        const opened = before === "exhausted" && now?.state === "ready";
        expect(opened && !saysRoom).toBe(false);
        const full = await database.sql`
          select 1 from usage_windows where account_id = ${account.accountId} and limit_id = 'codex' and used_percent >= 100`;
        const closes = before === "ready" && now?.state === "exhausted";
        expect(closes && limits.allowed !== false && full.length === 0).toBe(false);
        expect(now?.state === "exhausted" ? now.until! > at(index + 1) : now?.state === "ready").toBe(true);
        before = now?.state ?? "none";
      }
    }),
    { numRuns: 30 },
  );
});
