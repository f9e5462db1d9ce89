import { spillWords } from "@/components/lanes/spill-words";
import { Meter } from "@/components/ui/meter";
import type { SpillView } from "@/lib/lanes/read";

const WHOLE = new Intl.NumberFormat("en-US");

/** What a paid lane took over from the Codex lanes above it since midnight UTC, of what it may take in a day. */
export function SpillToday({ spill, max }: { spill: SpillView | null; max: number }) {
  const requests = spill?.requests ?? 0;
  const percent = max > 0 ? Math.min(100, Math.round((100 * requests) / max)) : 100;
  return (
    <div className="grid gap-1 text-sm">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span>Taken over from Codex lanes today</span>
        <span className="numeric font-medium">
          {WHOLE.format(requests)} of {WHOLE.format(max)} requests
        </span>
      </div>
      <Meter label="Taken over from Codex lanes today" percent={percent} tone={percent >= 100 ? "bad" : "accent"} />
      <span className="text-xs text-muted">
        {spill ? `Since 00:00 UTC; the first because ${spillWords(spill.firstReason)}.` : "Since 00:00 UTC."}
      </span>
    </div>
  );
}
