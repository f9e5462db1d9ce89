"use client";

import { clockWords, durationWords, zoneWords } from "@/components/ui/time-words";
import { useNow } from "@/components/ui/use-now";
import { useTimeZone } from "@/components/ui/use-time-zone";

const STEP_MS = 1_000;

/**
 * `in 2 h 14 m (18:40 CET)`, counted down while one looks; `over` stands there when the instant has passed. Without JavaScript the
 * bare time, in UTC where no zone was chosen.
 */
export function TimeAhead({ iso, over = "now" }: { iso: string; over?: string }) {
  const now = useNow(STEP_MS);
  const zone = useTimeZone();
  const instant = new Date(iso);
  const ahead = now && durationWords(instant.getTime() - now.getTime());
  const clock = `${clockWords(instant, now, zone)} ${zoneWords(instant, zone)}`;
  return (
    <time dateTime={iso} title={iso} className="numeric">
      {now !== null && ahead === null ? (
        over
      ) : (
        // Where the line is too narrow for both, it breaks between them.
        <>
          {now !== null && <span className="whitespace-nowrap">in {ahead}</span>}{" "}
          <span className="whitespace-nowrap">{now === null ? clock : `(${clock})`}</span>
        </>
      )}
    </time>
  );
}
