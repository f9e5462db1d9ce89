import fc from "fast-check";
import { expect, test } from "vitest";
import { chartScale, labelPlaces } from "@/components/ui/chart-scale";

test.each([
  [0.22, [0, 0.1, 0.2, 0.3]],
  [100, [0, 25, 50, 75, 100]],
  [123, [0, 50, 100, 150]],
  [0, [0, 0.25, 0.5, 0.75, 1]],
])("up to %d the scale has the lines %j", (max, ticks) => {
  expect(chartScale(max).ticks).toEqual(ticks);
});

test("what has no halves gets no line between two whole numbers", () => {
  expect(chartScale(2, { whole: true }).ticks).toEqual([0, 1, 2]);
  expect(chartScale(0, { whole: true }).ticks).toEqual([0, 1]);
});

test("no value stands above the scale, and there are never more than five lines", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.boolean(), (max, whole) => {
      const { top, ticks } = chartScale(max, { whole });
      expect(top).toBeGreaterThanOrEqual(max * (1 - 1e-9));
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect(ticks.every((tick) => !whole || Number.isInteger(tick))).toBe(true);
    }),
  );
});

test("a day is labelled at its quarters, and no chart has more labels than asked for", () => {
  expect(labelPlaces(24, 5)).toEqual([0, 6, 12, 18]);
  expect(labelPlaces(3, 5)).toEqual([0, 1, 2]);
  expect(labelPlaces(0, 5)).toEqual([]);
  fc.assert(fc.property(fc.integer({ min: 0, max: 2_000 }), (count) => labelPlaces(count, 5).length <= 5));
});
