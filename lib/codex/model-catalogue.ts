import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

/**
 * The model rows that stock Codex expects from `GET /v1/models`, made by the fetched CLI itself. They hold OpenAI's prompt texts, so they
 * live in the data folder and nowhere in the source.
 */
const modelRow = z.looseObject({ slug: z.string().min(1) });
const printedCatalogue = z.object({ models: z.array(modelRow).min(1) });
const cachedCatalogue = z.object({ version: z.string(), models: z.array(modelRow) });

/** Codex's own `ModelInfo`; only the slug is read here, the rest is passed on as it is. */
export type CodexModelRow = z.infer<typeof modelRow>;

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const RUN_MS_MAX = 30_000;
const run = promisify(execFile);

/** Makes the cache file unless it is already this version's; answers the rows. */
export async function makeModelCatalogue({
  binary,
  version,
  cacheFile,
}: {
  binary: string;
  version: string;
  cacheFile: string;
}): Promise<CodexModelRow[]> {
  const cached = await readCache(cacheFile);
  if (cached?.version === version) return cached.models;

  const folder = dirname(cacheFile);
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "catalogue-"));
  try {
    const env = { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH, HOME: work, CODEX_HOME: work };
    const { stdout } = await run(binary, ["debug", "models", "--bundled"], {
      env,
      cwd: work,
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: RUN_MS_MAX,
    });
    const { models } = printedCatalogue.parse(JSON.parse(stdout));
    const draft = join(work, "catalogue.json");
    await writeFile(draft, JSON.stringify({ version, models }), { mode: 0o600 });
    await rename(draft, cacheFile);
    return models;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The rows of the last catalogue that was made; none while the CLI has not been fetched. */
export async function readModelCatalogue(cacheFile: string): Promise<CodexModelRow[]> {
  return (await readCache(cacheFile))?.models ?? [];
}

async function readCache(cacheFile: string): Promise<z.infer<typeof cachedCatalogue> | null> {
  let text: string;
  try {
    text = await readFile(cacheFile, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return cachedCatalogue.parse(JSON.parse(text));
}
