import { closeSync, fstatSync, openSync, readSync, rmSync, statSync, truncateSync } from "node:fs";

/** What is kept of a container's error output between two looks at it. */
const LOG_BYTES_MAX = 256 * 1024;
const LAST_WORDS_BYTES_MAX = 2_000;
const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Empty, for a container to write on. The caller closes it. */
export function openErrorLog(file: string): number {
  // At the end of what is there: after a truncation, that is the beginning.
  rmSync(file, { force: true });
  return openSync(file, "ax", 0o600);
}

/** The last of what was said there, for whoever asks why it did not come up. */
export function lastWords(file: string): string {
  let log: number;
  try {
    log = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const { size } = fstatSync(log);
    const words = Buffer.alloc(Math.min(size, LAST_WORDS_BYTES_MAX));
    const bytes = readSync(log, words, 0, words.length, size - words.length);
    return words.subarray(0, bytes).toString("utf8").replace(ESCAPES, "").trim();
  } finally {
    closeSync(log);
  }
}

export function boundErrorLog(file: string): void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat && stat.size > LOG_BYTES_MAX) truncateSync(file, 0);
}
