import path from "node:path";
import type { Logger } from "pino";
import { fetchCodexCli } from "@/lib/codex/fetch-cli";

/** `vendorDir` holds `bin/codex` and what Codex finds beside it. */
export type CodexCliHome = { version: string; vendorDir: string; binary: string };

/** A line of progress for the log, not more often than this. */
const PROGRESS_STEP = 0.2;

/** Fetches each version at most once per process; a failed fetch is tried again by the next who asks. */
export function codexCliSource(options: { cacheDir: string; log: Logger }): (version: string) => Promise<CodexCliHome> {
  const fetched = new Map<string, Promise<CodexCliHome>>();
  return (version) => {
    const known = fetched.get(version);
    if (known) return known;
    const fetching = bring(version, options);
    fetched.set(version, fetching);
    fetching.catch(() => fetched.delete(version));
    return fetching;
  };
}

async function bring(version: string, { cacheDir, log }: { cacheDir: string; log: Logger }): Promise<CodexCliHome> {
  let told = -1;
  const cli = await fetchCodexCli({
    version,
    cacheDir,
    onProgress: ({ phase, doneBytes, totalBytes }) => {
      const step = totalBytes === null ? 0 : Math.floor(doneBytes / totalBytes / PROGRESS_STEP);
      if (phase !== "download" || step <= told) return;
      told = step;
      const percent = totalBytes === null ? "" : ` ${Math.round(step * PROGRESS_STEP * 100)} %`;
      log.info(`fetching Codex CLI ${version}${percent}`);
    },
  });
  return { version, binary: cli.binary, vendorDir: path.dirname(path.dirname(cli.binary)) };
}
