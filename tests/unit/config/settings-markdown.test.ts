import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingsMarkdown } from "@/lib/config/settings-markdown";

test("the README lists every setting with its default and meaning, as the settings table has them", () => {
  expect(withoutPadding(readFileSync("README.md", "utf8"))).toContain(withoutPadding(settingsMarkdown()));
});

/** The formatter may align the columns of a table. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/ {2,}/g, " ").replace(/-{3,}/g, "---");
}
