"use client";

import { countdownWords } from "@/components/ui/time-words";
import { useNow } from "@/components/ui/use-now";

const STEP_MS = 1_000;

/** `14:02`, down to nothing. Not read out with every second: only when one goes there. */
export function Countdown({ until }: { until: string }) {
  const now = useNow(STEP_MS);
  return (
    <span role="timer" aria-live="off" className="numeric font-medium text-ink">
      {now ? `${countdownWords(new Date(until).getTime() - now.getTime())} minutes` : "some minutes"}
    </span>
  );
}
