import { expect, test } from "vitest";
import { knownTimeZone } from "@/lib/time/known-time-zone";
import { timeZones } from "@/lib/time/time-zones";

test("the list holds each zone once, by a name that the calendar takes and its people know", () => {
  const zones = timeZones();
  expect(new Set(zones).size).toBe(zones.length);
  expect(zones.filter((zone) => knownTimeZone(zone) === null)).toEqual([]);
  expect(zones).toEqual(expect.arrayContaining(["UTC", "Europe/Kyiv", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York"]));
  expect(zones).not.toContain("Asia/Calcutta");
});
