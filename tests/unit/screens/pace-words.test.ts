import { expect, test } from "vitest";
import { paceWords } from "@/components/dashboard/pace-words";

test.each([
  ["10.000000", "1.000000", "Lasts about 10 h at the pace of the last hour."],
  ["0.500000", "0.750000", "Lasts about 40 m at the pace of the last hour."],
  ["0.000001", "900.000000", "Lasts about no time at the pace of the last hour."],
])("%s dollars at %s an hour", (available, pace, words) => {
  expect(paceWords(available, pace)).toBe(words);
});

test("nothing is said of an empty wallet, of a quiet hour and of what lasts for months", () => {
  expect(paceWords("0.000000", "1.000000")).toBe(null);
  expect(paceWords("-1.000000", "1.000000")).toBe(null);
  expect(paceWords("10.000000", "0.000000")).toBe(null);
  expect(paceWords("10.000000", "0.000001")).toBe(null);
});
