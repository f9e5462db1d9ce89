import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("a query that nobody awaits does not pass the lint", () => {
  const { status, stdout } = spawnSync("node_modules/.bin/oxlint", ["tests/lint/fixtures/floating-query.ts"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stdout).toContain("no-floating-promises");
});
