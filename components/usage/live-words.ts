import { durationWords } from "@/components/ui/time-words";
import { formatUsd, microUsd, parseUsd, roundToCents } from "@/lib/money/micro-usd";
import type { LiveView } from "@/lib/requests/read-live";

const CENT = 10_000n;

/** `Live burn rate: $0.32 a minute over the last 10 minutes, …`; null while nothing runs or nothing is spent: then there is none. */
export function burnWords({ burn, runningCount }: Pick<LiveView, "burn" | "runningCount">): string | null {
  if (runningCount === 0 || burn.lastsMs === null) return null;
  const perMinute = microUsd(parseUsd(burn.spentUsd) / BigInt(burn.minutes));
  const shown = perMinute < CENT ? `less than ${formatUsd(microUsd(CENT))}` : formatUsd(roundToCents(perMinute, "up"));
  const empty = durationWords(burn.lastsMs) ?? "no time";
  return `Live burn rate: ${shown} a minute over the last ${burn.minutes} minutes, which would empty the wallet in about ${empty}.`;
}

export function progressWords(progress: LiveView["running"][number]["progress"]): string {
  if (progress === null) return "waiting for an answer";
  if (progress.stage === "accepted") return "thinking";
  return `${new Intl.NumberFormat("en-US").format(progress.outputTokens)} tokens out`;
}
