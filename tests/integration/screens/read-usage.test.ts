import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { newId } from "@/lib/ids/ids";
import type { Clock } from "@/lib/time/clock";
import { readUsage } from "@/lib/requests/read-usage";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { settleRequests } from "@/lib/wallet/settle-requests";
import { chargeTestRequest, testRequestRow } from "@/tests/factories/request";

const clock: Clock = { now: () => new Date("2026-11-20T23:30:00Z") };
const NOTHING = { requests: 0, spentUsd: "0.000000", tokens: { freshInput: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 } };

let db: TestDatabase;
let ada: TestCustomer;
let other: TestCustomer;
beforeAll(async () => {
  db = await testDatabase();
  ada = await testCustomer(db.orm, { creditUsd: "10" });
  other = await testCustomer(db.orm, { creditUsd: "10" });
  const trade = { providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id };
  await charge(ada, 300n, "2026-11-19T23:30:00Z", "gpt-5.5");
  await charge(ada, 70n, "2026-11-20T10:00:00Z", "gpt-6.1-sol");
  await charge(ada, 5n, "2026-11-20T22:59:59Z", "gpt-5.5");
  await charge(other, 9_000n, "2026-11-20T10:00:00Z", "gpt-5.5");

  function charge(customer: TestCustomer, cost: bigint, startedAt: string, model: string) {
    return chargeTestRequest(db, { ...trade, customer, amount: 10_000n, cost, startedAt: new Date(startedAt), row: { model } });
  }
});
afterAll(() => db.close());

function usage(query: { timeZone?: string; from?: string; to?: string } = {}) {
  return readUsage(db.sql, ada.viewer, { userId: ada.userId, clock, ...query });
}

describe("readUsage", () => {
  test("sums the owner's requests, in all and by model and key, the most expensive first", async () => {
    const { total, byModel, byKey } = await usage({ from: "2026-11-19", to: "2026-11-20" });
    expect(total).toEqual({
      requests: 3,
      spentUsd: "0.000375",
      tokens: { freshInput: 300, cachedInput: 60, cacheWrite: 0, output: 150, reasoning: 30 },
    });
    expect(byModel.map(({ model, requests, spentUsd }) => [model, requests, spentUsd])).toEqual([
      ["gpt-5.5", 2, "0.000305"],
      ["gpt-6.1-sol", 1, "0.000070"],
    ]);
    expect(byKey).toEqual([{ key: { id: ada.keyId, name: "First key" }, ...total }]);
  });

  test("a request belongs to the day of the caller's zone, and the range ends with that day", async () => {
    const days = async (timeZone: string) =>
      (await usage({ timeZone, from: "2026-11-19", to: "2026-11-20" })).byDay.map(({ day, spentUsd }) => [day, spentUsd]);
    expect(await days("UTC")).toEqual([
      ["2026-11-19", "0.000300"],
      ["2026-11-20", "0.000075"],
    ]);
    expect(await days("Europe/Berlin")).toEqual([
      ["2026-11-19", "0.000000"],
      ["2026-11-20", "0.000375"],
    ]);
    expect(await days("America/Los_Angeles")).toEqual([
      ["2026-11-19", "0.000300"],
      ["2026-11-20", "0.000075"],
    ]);
  });

  test("without dates: thirty days, up to today in the caller's zone; empty days are zeros", async () => {
    const { timeZone, from, to, byDay } = await usage();
    expect({ timeZone, from, to, days: byDay.length }).toEqual({ timeZone: "UTC", from: "2026-10-22", to: "2026-11-20", days: 30 });
    expect(byDay[0]).toEqual({ day: "2026-10-22", ...NOTHING });
    expect(await usage({ timeZone: "Asia/Tokyo" })).toMatchObject({ from: "2026-10-23", to: "2026-11-21" });
  });

  test("a year of days takes no more formatters than one day", async () => {
    const Format = Intl.DateTimeFormat;
    const made = vi.spyOn(Intl, "DateTimeFormat").mockImplementation(function (...input) {
      return new Format(...input);
    });
    onTestFinished(() => made.mockRestore());
    const count = async (from: string) => {
      made.mockClear();
      await usage({ timeZone: "America/New_York", from, to: "2026-11-20" });
      return made.mock.calls.length;
    };
    const ofDay = await count("2026-11-20");
    expect(ofDay).toBeGreaterThan(0);
    expect(await count("2025-11-20")).toBe(ofDay);
  });

  test("names every key and model up to a thousand, and adds up the others", async () => {
    const many = await testCustomer(db.orm);
    const { userId, keyId, viewer } = many;
    const names = Array.from({ length: 1_003 }, (_, at) => `made-up-${String(at).padStart(4, "0")}`);
    await settleRequests(
      db.sql,
      names.map((model, at) => {
        const requestId = newId("req");
        const row = {
          ...testRequestRow(many, { id: requestId, startedAt: new Date("2026-11-20T10:00:00Z") }),
          model,
          key_id: `key_${at % 400}`,
        };
        return { requestId, keyId, userId, processId: "proc_test", holds: [], request: row, attempts: [] };
      }),
    );
    const { byModel, otherModels, byKey, otherKeys, total } = await readUsage(db.sql, viewer, { userId, clock });
    expect(total.requests).toBe(1_003);
    expect(byModel.map(({ model }) => model)).toEqual(names.slice(0, 1_000));
    expect(otherModels).toEqual({
      count: 3,
      requests: 3,
      spentUsd: "0.000000",
      tokens: { freshInput: 300, cachedInput: 60, cacheWrite: 0, output: 150, reasoning: 30 },
    });
    expect(byKey).toHaveLength(400);
    expect(otherKeys).toBeNull();
  });

  test("nothing used is an answer", async () => {
    expect(await usage({ from: "2025-01-01", to: "2025-01-01" })).toMatchObject({ total: NOTHING, byModel: [], byKey: [] });
  });

  test.each([
    [{ timeZone: "+02:00" }, "tz"],
    [{ timeZone: "Europe/Atlantis" }, "tz"],
    [{ from: "2026-02-31" }, "from"],
    [{ to: "20.11.2026" }, "to"],
    [{ from: "2026-11-21", to: "2026-11-20" }, "from"],
    [{ from: "2025-01-01", to: "2026-11-20" }, "from"],
  ])("%j is refused, naming %s", async (query, param) => {
    await expect(usage(query)).rejects.toMatchObject({ code: "request_invalid", param });
  });

  test("somebody else's usage does not exist", async () => {
    await expect(readUsage(db.sql, other.viewer, { userId: ada.userId, clock })).rejects.toMatchObject({ code: "not_found" });
  });
});
