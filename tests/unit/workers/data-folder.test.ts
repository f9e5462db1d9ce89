import { statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "@/lib/config/load-config";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { prepareDataFolder } from "@/workers/shared/data-folder";

function prepare(folder: string): string {
  return prepareDataFolder(loadConfig({ SWITCHYARD_DATA_DIR: folder }));
}

test("the data folder is made with its parents and closed to everybody else", () => {
  const folder = path.join(temporaryFolder(), "a", "b");
  expect(statSync(prepare(folder)).mode & 0o777).toBe(0o700);
});

test("a file in the place of the folder, or of a parent, is named", () => {
  const file = path.join(temporaryFolder(), "file");
  writeFileSync(file, "");
  for (const folder of [file, path.join(file, "data")]) expect(() => prepare(folder)).toThrow(`${file} is a file`);
});

test.runIf(process.platform === "linux")("a place where no folder can be made is refused", () => {
  expect(() => prepare("/proc/nope/data")).toThrow(/The data folder \/proc\/nope\/data cannot be used: .*SWITCHYARD_DATA_DIR/);
});
