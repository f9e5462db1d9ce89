import { windowName } from "@/components/lanes/window-words";
import { TimeAhead } from "@/components/ui/time-ahead";
import type { WindowView } from "@/lib/codex/read";
import type { ForecastView } from "@/lib/codex/read-forecasts";

/** Where the windows are going, if anything can be said of it. */
export function Forecast({ forecast: { filling, overflow }, windows }: { forecast: ForecastView; windows: readonly WindowView[] }) {
  if (filling.length === 0 && overflow === null) return null;
  return (
    <ul className="mt-4 grid gap-1 border-t border-line pt-4 text-sm">
      {filling.map(({ limitId, windowMinutes, fullAt }) => {
        const limitName = windows.find((window) => window.limitId === limitId)?.limitName ?? null;
        return (
          <li key={`${limitId} ${windowMinutes}`}>
            {windowName({ limitId, limitName, windowMinutes })}: full <TimeAhead iso={fullAt} over="by now" /> at this pace.
          </li>
        );
      })}
      {overflow && <li>{`${overflow.charAt(0).toUpperCase()}${overflow.slice(1)}.`}</li>}
    </ul>
  );
}
