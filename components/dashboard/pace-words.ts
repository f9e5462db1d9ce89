import { durationWords } from "@/components/ui/time-words";
import { parseUsd } from "@/lib/money/micro-usd";

const HOUR_MS = 3_600_000n;
const DAY_MS = 24n * HOUR_MS;
/** Further ahead an hour's pace says nothing. */
const FORESEEN_DAYS_MAX = 60n;

/** `Lasts about 3 d 4 h at the pace of the last hour.`; null when nothing was spent, and when it is long. */
export function paceWords(availableUsd: string, lastHourUsd: string): string | null {
  const [available, pace] = [parseUsd(availableUsd), parseUsd(lastHourUsd)];
  if (available <= 0n || pace <= 0n) return null;
  const lasts = (available * HOUR_MS) / pace;
  if (lasts > FORESEEN_DAYS_MAX * DAY_MS) return null;
  return `Lasts about ${durationWords(Number(lasts)) ?? "no time"} at the pace of the last hour.`;
}
