import { afterAll, beforeAll, expect, test } from "vitest";
import { readToday } from "@/lib/requests/read-today";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { testPrice, testProvider } from "@/tests/factories/provider";
import { chargeTestRequest } from "@/tests/factories/request";

let db: TestDatabase;
let ada: TestCustomer;
let other: TestCustomer;
beforeAll(async () => {
  db = await testDatabase();
  ada = await testCustomer(db.orm, { creditUsd: "10" });
  other = await testCustomer(db.orm, { creditUsd: "10" });
  const trade = { providerId: await testProvider(db.orm), priceId: (await testPrice(db.orm, "gpt-5.5")).id, amount: 10_000n };
  await chargeTestRequest(db, { ...trade, customer: ada, cost: 300n, startedAt: new Date("2026-11-20T18:29:59Z") });
  await chargeTestRequest(db, { ...trade, customer: ada, cost: 70n, startedAt: new Date("2026-11-20T18:30:00Z") });
  await chargeTestRequest(db, { ...trade, customer: ada, cost: 5n, startedAt: new Date("2026-11-20T20:10:00Z") });
  await chargeTestRequest(db, { ...trade, customer: other, cost: 9_000n, startedAt: new Date("2026-11-20T20:10:00Z") });
});
afterAll(() => db.close());

function today(now: string, timeZone: string, customer = ada) {
  return readToday(db.sql, customer.viewer, { userId: customer.userId, timeZone, clock: { now: () => new Date(now) } });
}

test("the day begins at midnight of the zone, also where that is half an hour beside UTC's hours", async () => {
  const { requests, spentUsd, hours } = await today("2026-11-20T20:30:00Z", "Asia/Kolkata");
  expect({ requests, spentUsd }).toEqual({ requests: 2, spentUsd: "0.000075" });
  expect(hours).toHaveLength(24);
  expect(hours[0]).toEqual({ from: "2026-11-20T18:30:00.000Z", to: "2026-11-20T19:30:00.000Z", requests: 1, spentUsd: "0.000070" });
  expect(hours[1]).toMatchObject({ requests: 1, spentUsd: "0.000005" });
  expect(hours.at(-1)?.to).toBe("2026-11-21T18:30:00.000Z");
});

test("only the owner's requests count, and the pace is that of the 24 hours before now, whatever the zone", async () => {
  const { requests, spentUsd, pace } = await today("2026-11-20T21:00:00Z", "UTC");
  expect({ requests, spentUsd, pace }).toEqual({ requests: 3, spentUsd: "0.000375", pace: { hours: 24, spentUsd: "0.000375" } });
  expect((await today("2026-11-21T18:30:00Z", "Asia/Kolkata")).pace.spentUsd).toBe("0.000075");
});

test.each([
  ["2026-10-25T12:00:00Z", "Europe/Berlin", 25],
  ["2027-03-14T12:00:00Z", "America/New_York", 23],
  ["2026-11-20T12:00:00Z", "Pacific/Apia", 24],
])("the day of %s in %s has %i hours, without a gap", async (now, timeZone, count) => {
  const { hours } = await today(now, timeZone);
  expect(hours).toHaveLength(count);
  expect(hours.slice(1).map(({ from }) => from)).toEqual(hours.slice(0, -1).map(({ to }) => to));
});

test("a stranger sees nothing", async () => {
  await expect(
    readToday(db.sql, other.viewer, { userId: ada.userId, timeZone: "UTC", clock: { now: () => new Date() } }),
  ).rejects.toMatchObject({ code: "not_found" });
});
