import { describe, expect, test } from "vitest";
import { clockWords, countdownWords, durationWords, zoneWords } from "@/components/ui/time-words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test.each([
  [2 * HOUR + 14 * MINUTE, "2 h 14 m"],
  [3 * HOUR, "3 h"],
  [5 * MINUTE + 59_000, "5 m"],
  [40_000, "40 s"],
  [1, "1 s"],
  [76 * HOUR, "3 d 4 h"],
  [0, null],
  [-1, null],
])("%i ms are %s", (ms, words) => {
  expect(durationWords(ms)).toBe(words);
});

test("a countdown ends at nothing and never below", () => {
  expect([899_500, 61_000, 900, 0, -5000].map(countdownWords)).toEqual(["15:00", "1:01", "0:01", "0:00", "0:00"]);
});

describe("the time on the clock", () => {
  const instant = new Date("2026-11-23T23:30:00Z");

  test("names the day unless it is today in the viewer's zone", () => {
    expect(clockWords(instant, new Date("2026-11-23T01:00:00Z"), "UTC")).toBe("23:30");
    expect(clockWords(instant, new Date("2026-11-23T01:00:00Z"), "Asia/Kolkata")).toBe("Tue 24 Nov, 05:00");
    expect(clockWords(instant, new Date("2026-11-22T23:00:00Z"), "UTC")).toBe("Mon 23 Nov, 23:30");
    expect(clockWords(instant, null, "UTC")).toBe("Mon 23 Nov, 23:30");
  });

  test("has its zone by the name that it bears at that instant", () => {
    expect(zoneWords(instant, "UTC")).toBe("UTC");
    expect(zoneWords(instant, "Asia/Kolkata")).toBe("GMT+5:30");
    expect(zoneWords(instant, "Europe/Berlin")).toBe("CET");
    expect(zoneWords(new Date("2026-07-01T12:00:00Z"), "Europe/Berlin")).toBe("CEST");
  });
});
