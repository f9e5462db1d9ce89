import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { makeModelCatalogue, readModelCatalogue } from "@/lib/codex/model-catalogue";
import { codexBinary } from "@/tests/contract/harness/codex";

let folder: string;
let cacheFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(import.meta.dirname, "../../.cache/catalogue-"));
  cacheFile = join(folder, "models.json");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test("the catalogue holds what the CLI bundles, and leaves only itself behind", async () => {
  const made = await makeModelCatalogue({ binary: await codexBinary(), version: CODEX_VERSION, cacheFile });
  expect(made.map((row) => row.slug)).toEqual(expect.arrayContaining(["gpt-5.5", "gpt-6.1-sol"]));
  expect(await readModelCatalogue(cacheFile)).toEqual(made);
  expect(await readdir(folder)).toEqual(["models.json"]);
});

test("a catalogue of the same version is not made again", async () => {
  await makeModelCatalogue({ binary: await codexBinary(), version: CODEX_VERSION, cacheFile });
  const before = await stat(cacheFile);
  const again = await makeModelCatalogue({ binary: "/no/such/binary", version: CODEX_VERSION, cacheFile });
  expect(again.length).toBeGreaterThan(0);
  expect((await stat(cacheFile)).ino).toBe(before.ino);
});

test("without a catalogue there are no rows", async () => {
  expect(await readModelCatalogue(cacheFile)).toEqual([]);
});
