import { durationWords } from "@/components/ui/time-words";
import { formatUsd, microUsd, parseUsd, roundToCents } from "@/lib/money/micro-usd";
import type { LiveView } from "@/lib/requests/read-live";

const CENT = 10_000n;

/** `Empty in about 40 m at this pace: $0.32 a minute over the last 10.` */
export function burnWords({
  pace,
  lastsMs,
  availableUsd,
  heldUsd,
}: Pick<LiveView, "pace" | "lastsMs" | "availableUsd" | "heldUsd">): string {
  const spent = parseUsd(pace.spentUsd);
  const isEmpty = parseUsd(availableUsd) + parseUsd(heldUsd) <= 0n;
  if (isEmpty) return "The wallet is empty.";
  if (spent <= 0n || lastsMs === null) return `The wallet paid for nothing in the last ${pace.minutes} minutes.`;
  const perMinute = microUsd(spent / BigInt(pace.minutes));
  const shown = perMinute < CENT ? `less than ${formatUsd(microUsd(CENT))}` : formatUsd(roundToCents(perMinute, "up"));
  return `Empty in about ${durationWords(lastsMs) ?? "no time"} at this pace: ${shown} a minute over the last ${pace.minutes}.`;
}

export function progressWords(progress: LiveView["running"][number]["progress"]): string {
  if (progress === null) return "waiting for an answer";
  if (progress.stage === "accepted") return "thinking";
  return `${new Intl.NumberFormat("en-US").format(progress.outputTokens)} tokens out`;
}
