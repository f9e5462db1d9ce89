import { expect, test } from "vitest";
import { adminCommand } from "@/workers/shared/admin-command";

function line(variables: Record<string, string>): string {
  return adminCommand({ NODE_ENV: "test", ...variables }, "alarm list");
}

test("a command to paste names the settings that lead to the installation, and no secret", () => {
  expect(line({})).toBe("npm run --silent admin -- alarm list");
  expect(line({ SWITCHYARD_DATA_DIR: "./.data" })).toBe("npm run --silent admin -- alarm list");
  expect(line({ SWITCHYARD_DATA_DIR: ".data-live" })).toBe("SWITCHYARD_DATA_DIR=.data-live npm run --silent admin -- alarm list");
  expect(line({ SWITCHYARD_DATA_DIR: "my data", DATABASE_URL: "postgres://u:secret@h/d" })).toBe(
    "SWITCHYARD_DATA_DIR='my data' DATABASE_URL=… npm run --silent admin -- alarm list",
  );
});
