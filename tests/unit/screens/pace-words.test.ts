import { expect, test } from "vitest";
import { paceWords } from "@/components/dashboard/pace-words";

const words = (availableUsd: string, spentUsd: string, heldUsd = "0.000000") =>
  paceWords({ availableUsd, heldUsd }, { hours: 24, spentUsd });

test.each([
  ["10.000000", "24.000000", "Lasts about 10 h at the pace of the last 24 hours."],
  ["0.500000", "18.000000", "Lasts about 40 m at the pace of the last 24 hours."],
  ["0.000001", "900.000000", "Lasts about no time at the pace of the last 24 hours."],
  ["10.000000", "0.000001", "Lasts more than 60 days at the pace of the last 24 hours."],
  ["10.000000", "0.000000", "The wallet paid for nothing in the last 24 hours."],
  ["0.000000", "1.000000", "The wallet is empty."],
  ["-1.000000", "1.000000", "The wallet is empty."],
])("%s dollars after a day of %s: %s", (available, spent, said) => {
  expect(words(available, spent)).toBe(said);
});

test("what running requests hold is still there", () => {
  expect(words("-1.000000", "24.000000", "11.000000")).toBe(words("10.000000", "24.000000"));
});
