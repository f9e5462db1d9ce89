import { expect, test } from "vitest";
import { windowName, windowTone } from "@/components/lanes/window-words";

test.each([
  [{ limitId: "codex", limitName: null, windowMinutes: 300 }, "5-hour window"],
  [{ limitId: "codex", limitName: null, windowMinutes: 10_080 }, "Weekly window"],
  [{ limitId: "codex", limitName: "Codex", windowMinutes: 43_200 }, "30-day window"],
  [{ limitId: "codex", limitName: null, windowMinutes: 90 }, "90-minute window"],
  [{ limitId: "codex_spark", limitName: "GPT-5.3-Codex-Spark", windowMinutes: 10_080 }, "Weekly window of GPT-5.3-Codex-Spark"],
  [{ limitId: "codex_spark", limitName: null, windowMinutes: 300 }, "5-hour window of codex_spark"],
])("%j is called by its length and, when it is not the account's own, by its limit: %s", (window, name) => {
  expect(windowName(window)).toBe(name);
});

test("a full window is loud, one that is nearly full is not quiet", () => {
  expect([0, 79, 80, 99, 100].map(windowTone)).toEqual(["accent", "accent", "warn", "warn", "bad"]);
});
