import type { WindowView } from "@/lib/codex/read";

const HOUR_MIN = 60;
const DAY_MIN = 24 * HOUR_MIN;
const WEEK_MIN = 7 * DAY_MIN;

/** Beyond it a window is nearly full. */
const NEARLY_FULL_PERCENT = 80;

/** `5-hour window`, `Weekly window`, `Weekly window of GPT-5.3-Codex-Spark`. */
export function windowName({ limitId, limitName, windowMinutes }: Pick<WindowView, "limitId" | "limitName" | "windowMinutes">): string {
  return `${lengthName(windowMinutes)} window${limitId === "codex" ? "" : ` of ${limitName ?? limitId}`}`;
}

export function windowTone(usedPercent: number): "accent" | "warn" | "bad" {
  if (usedPercent >= 100) return "bad";
  return usedPercent >= NEARLY_FULL_PERCENT ? "warn" : "accent";
}

function lengthName(minutes: number): string {
  if (minutes === WEEK_MIN) return "Weekly";
  if (minutes % DAY_MIN === 0) return `${minutes / DAY_MIN}-day`;
  if (minutes % HOUR_MIN === 0) return `${minutes / HOUR_MIN}-hour`;
  return `${minutes}-minute`;
}
