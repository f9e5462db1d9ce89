import { windowName, windowTone } from "@/components/lanes/window-words";
import { Meter } from "@/components/ui/meter";
import { TimeAhead } from "@/components/ui/time-ahead";
import type { WindowView } from "@/lib/codex/read";

/** As OpenAI last reported them. */
export function WindowMeters({ windows }: { windows: readonly WindowView[] }) {
  return (
    <ul className="grid gap-3">
      {windows.map((window) => {
        const name = windowName(window);
        return (
          <li key={`${window.limitId} ${window.windowMinutes}`} className="grid gap-1 text-sm">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span className="min-w-0 wrap-anywhere">{name}</span>
              <span className="numeric font-medium">{window.usedPercent} % used</span>
            </div>
            <Meter label={name} percent={window.usedPercent} tone={windowTone(window.usedPercent)} />
            <span className="text-xs text-muted">
              {window.resetsAt ? (
                <>
                  Resets <TimeAhead iso={window.resetsAt} over="by now; the next request or “Check now” tells" />
                </>
              ) : (
                "OpenAI did not say when it resets"
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
