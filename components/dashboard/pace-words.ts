import { durationWords } from "@/components/ui/time-words";
import { lastsMs } from "@/lib/money/lasts-ms";
import { microUsd, parseUsd } from "@/lib/money/micro-usd";
import type { PaceView } from "@/lib/requests/read-pace";

const HOUR_MS = 3_600_000;
/** Further ahead the pace of a day says nothing. */
const FORESEEN_DAYS_MAX = 60;

/** How long the wallet lasts, in the same words wherever it is said: `Lasts about 3 d 4 h at the pace of the last 24 hours.` */
export function paceWords(wallet: { availableUsd: string; heldUsd: string }, pace: PaceView): string {
  const left = microUsd(parseUsd(wallet.availableUsd) + parseUsd(wallet.heldUsd));
  if (left <= 0n) return "The wallet is empty.";
  const time = `the last ${pace.hours} hours`;
  const ms = lastsMs(left, { spent: parseUsd(pace.spentUsd), windowMs: pace.hours * HOUR_MS });
  if (ms === null) return `The wallet paid for nothing in ${time}.`;
  const lasts = ms > FORESEEN_DAYS_MAX * 24 * HOUR_MS ? `more than ${FORESEEN_DAYS_MAX} days` : `about ${durationWords(ms) ?? "no time"}`;
  return `Lasts ${lasts} at the pace of ${time}.`;
}
