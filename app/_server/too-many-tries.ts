import { AppError } from "@/lib/errors/app-error";

const MINUTE_S = 60;
const HOUR_S = 3600;

export function tooManyTries(retryAfterS: number): AppError {
  return new AppError("rate_limited", `Too many tries. Wait ${waitWords(retryAfterS)}, then try again.`, { retryAfterS });
}

function waitWords(seconds: number): string {
  if (seconds < MINUTE_S) return plural(seconds, "second");
  return seconds < 2 * HOUR_S ? plural(Math.ceil(seconds / MINUTE_S), "minute") : plural(Math.ceil(seconds / HOUR_S), "hour");
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
