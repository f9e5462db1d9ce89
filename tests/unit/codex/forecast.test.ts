import { describe, expect, test } from "vitest";
import { forecastFull, overflowCarried, type WindowSample, type WorkedRequest } from "@/lib/codex/forecast";

const DAY_MS = 86_400_000;
const NOON = Date.parse("2026-11-20T12:00:00Z");
const at = (minutes: number) => new Date(NOON + minutes * 60_000);
const RESET = at(180);

function samples(...points: [minutes: number, usedPercent: number][]): WindowSample[] {
  return points.map(([minutes, usedPercent]) => ({ observedAt: at(minutes), usedPercent, resetsAt: RESET }));
}

const forecast = (rows: readonly WindowSample[], windowMinutes = 300) => forecastFull({ samples: rows, windowMinutes, now: at(0) });

describe("a window that fills", () => {
  test("tells when it is full at the pace of the last hour", () => {
    expect(forecast(samples([-120, 0], [-60, 20], [-30, 40], [0, 60]))).toEqual({ fullAt: at(60) });
  });

  test("is not full before its reset at a slow pace, or none at all", () => {
    expect(forecast(samples([-60, 20], [0, 25]))).toBeNull();
    expect(forecast(samples([-60, 20]))).toBeNull();
    expect(forecast([])).toBeNull();
  });

  test("counts only what came after the last reset", () => {
    expect(forecast(samples([-50, 90], [-40, 0], [-20, 20], [0, 40]))?.fullAt).toEqual(at(60));
  });

  test("that is full already, or of which minutes are known, gets no guess", () => {
    expect(forecast(samples([-60, 20], [0, 100]))).toBeNull();
    expect(forecast(samples([-2, 20], [-1, 40]))).toBeNull();
  });

  test("slows down when nothing is asked of it any more", () => {
    expect(forecast(samples([-59, 0], [-58, 60]))?.fullAt).toEqual(at(59 * (40 / 60)));
    expect(forecast(samples([-70, 0], [-65, 60]))).toBeNull();
  });

  test("of a week is judged by more than an hour", () => {
    const rows = samples([-500, 10], [-250, 20], [-10, 30]).map((row) => ({ ...row, resetsAt: at(4 * 24 * 60) }));
    expect(forecast(rows, 10_080)).toEqual({ fullAt: at(1750) });
  });
});

describe("a second account", () => {
  const request = (minutes: number, tokens: number, spilled: boolean): WorkedRequest => ({ startedAt: at(minutes), tokens, spilled });

  test("would have carried all of an overflow that fits into its window", () => {
    const rows = [request(0, 1000, false), request(10, 400, true), request(20, 600, true)];
    expect(overflowCarried({ requests: rows, windowMinutes: 300, historyMs: 7 * DAY_MS })?.carriedPart).toBe(1);
  });

  test("would have carried a window's worth of a larger one, and the next window's worth later", () => {
    const rows = [request(0, 1000, false), request(10, 2000, true), request(320, 500, true)];
    const result = overflowCarried({ requests: rows, windowMinutes: 300, historyMs: 7 * DAY_MS });
    expect(result?.carriedPart).toBe(1500 / 2500);
    expect(result?.text).toMatch(/^a second account would have carried about 60 % of last week's overflow, if /);
  });

  test("is told of no longer a time than the first one is known, and of nothing from less than a day", () => {
    const rows = [request(0, 1000, false), request(10, 400, true)];
    const of = (historyMs: number) => overflowCarried({ requests: rows, windowMinutes: 300, historyMs })?.text;
    expect(of(12 * 60_000)).toBeUndefined();
    expect(of(DAY_MS - 1)).toBeUndefined();
    expect(of(DAY_MS)).toContain("100 % of the overflow of the last day, if");
    expect(of(3.5 * DAY_MS)).toContain("the last 3 days, if");
  });

  test("is measured by the busiest window of the first one, and by nothing where there was none", () => {
    const rows = [request(0, 600, false), request(299, 600, false), request(600, 900, false), request(700, 1200, true)];
    expect(overflowCarried({ requests: rows, windowMinutes: 300, historyMs: 7 * DAY_MS })?.carriedPart).toBe(1);
    expect(overflowCarried({ requests: [request(0, 5, true)], windowMinutes: 300, historyMs: 7 * DAY_MS })).toBeNull();
    expect(overflowCarried({ requests: [request(0, 5, false)], windowMinutes: 300, historyMs: 7 * DAY_MS })).toBeNull();
  });
});
