import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { childEnv } from "@/lib/codex/child-env";
import { waitForFileLock } from "@/workers/shared/file-lock";
import { OperatorError } from "@/workers/shared/operator-error";

/** Everything that ends up in the build of the screens. */
const SOURCES = [
  "app",
  "components",
  "db",
  "lib",
  "public",
  "mdx-components.tsx",
  "next.config.mjs",
  "package-lock.json",
  "postcss.config.mjs",
  "tsconfig.json",
];
const MARK_FILE = ".next/switchyard-sources";
const PROGRESS_MS = 10_000;
const LOCK_FILE = ".build/screens.lock";
const LOCK_WAIT_MS = 600_000;

/** Runs `next build` unless the build that is there was made from the very sources that are there. */
export async function buildScreens({ log, signal }: { log: (line: string) => void; signal: AbortSignal }): Promise<void> {
  mkdirSync(".build", { recursive: true });
  const lock = await waitForFileLock(LOCK_FILE, LOCK_WAIT_MS);
  try {
    await buildWhenStale(log, signal);
  } finally {
    lock.release();
  }
}

async function buildWhenStale(log: (line: string) => void, signal: AbortSignal): Promise<void> {
  const digest = digestSources();
  if (existsSync(".next/BUILD_ID") && existsSync(MARK_FILE) && readFileSync(MARK_FILE, "utf8") === digest) return;
  log("building the screens; this takes a minute, once per version");
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const progress = setInterval(() => log(`still building (${seconds()} s)`), PROGRESS_MS);
  try {
    await runNextBuild(log, signal);
  } finally {
    clearInterval(progress);
  }
  writeFileSync(MARK_FILE, digest);
  log(`screens built in ${seconds()} s`);
}

async function runNextBuild(log: (line: string) => void, signal: AbortSignal): Promise<void> {
  const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
  const child = spawn(process.execPath, [next, "build"], {
    env: { ...childEnv(process.env), NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    signal,
  });
  const ended = new Promise<number | null>((fulfil, reject) => {
    child.on("error", reject);
    child.on("close", fulfil);
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() !== "") said.push(line);
    });
  }
  const code = await ended;
  if (code === 0) return;
  for (const line of said) log(line);
  throw new OperatorError("Building the screens failed; the reason is above.");
}

function digestSources(): string {
  const hash = createHash("sha256").update(process.versions.node);
  for (const source of SOURCES) if (existsSync(source)) digestPath(source, hash);
  return hash.digest("hex");
}

function digestPath(source: string, hash: ReturnType<typeof createHash>): void {
  const entries = readEntries(source);
  if (entries === null) {
    hash.update(source).update("\0").update(readFileSync(source)).update("\0");
    return;
  }
  for (const name of entries) digestPath(path.join(source, name), hash);
}

/** Names in a folder, in a fixed order; null for a file. */
function readEntries(source: string): string[] | null {
  try {
    return readdirSync(source).toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return null;
    throw error;
  }
}
