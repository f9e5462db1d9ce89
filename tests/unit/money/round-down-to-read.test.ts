import { expect, test } from "vitest";
import { formatUsd, parseUsd, roundDownToRead } from "@/lib/money/micro-usd";

test.each([
  ["19.999999", "$19.99"],
  ["45.738052", "$45.73"],
  ["1234.500000", "$1,234.50"],
  ["0.010000", "$0.01"],
  ["0.009999", "$0.0099"],
  ["0.000050", "$0.00"],
  ["0.000000", "$0.00"],
  ["-0.000050", "-$0.0001"],
  ["-0.015000", "-$0.02"],
  ["-3.000000", "-$3.00"],
])("%s dollars are read at a glance as %s, never as more than they are", (usd, shown) => {
  expect(formatUsd(roundDownToRead(parseUsd(usd)))).toBe(shown);
});
