import { expect, test } from "vitest";
import { readTypedUsd } from "@/lib/money/typed-usd";

test.each([
  ["5", 5_000_000n],
  [" $ 12.50 ", 12_500_000n],
  ["1,200.50", 1_200_500_000n],
  ["$1,000,000", 1_000_000_000_000n],
  ["0.000001", 1n],
  ["-3", -3_000_000n],
])("%j is an amount as people write it", (text, amount) => {
  expect(readTypedUsd(text)).toBe(amount);
});

test.each(["2,50", "1,00", "12,5", "1,2345", ",500", "1,", "1 000", "1e3", "", "$", "five", "1.0000001", "9999999999999"])(
  "%j is none: no comma is taken out of what may be a decimal",
  (text) => {
    expect(readTypedUsd(text)).toBeNull();
  },
);
