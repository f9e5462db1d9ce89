import { DisclosureSummary } from "@/components/site/disclosure-summary";
import type { ComponentStatus } from "@/lib/status/read";

/** From this share of failed probes on, a day was bad and not only troubled. */
const BAD_SHARE = 0.05;
/** A bar with the gap behind it, in the units of the picture, which is stretched to its place. */
const STEP = 5;
const GAP = 1;

/** One bar per day, oldest first. The picture is summed up in words; days with failures are named below it. */
export function StatusBars({ component }: { component: ComponentStatus }) {
  const { days } = component;
  const probed = days.filter(({ probes }) => probes > 0);
  const failed = probed.filter(({ failures }) => failures > 0);
  const summary = `${days.length} days: ${probed.length} probed, ${failed.length} of them with a failed probe`;
  return (
    <div>
      <svg aria-label={summary} viewBox={`0 0 ${days.length * STEP - GAP} 1`} preserveAspectRatio="none" role="img" className="h-8 w-full">
        {days.map((day, at) => (
          <rect key={day.day} x={at * STEP} width={STEP - GAP} height={1} className={look(day)}>
            <title>{words(day)}</title>
          </rect>
        ))}
      </svg>
      <div aria-hidden className="mt-1 flex justify-between text-xs text-muted">
        <span>{days.length} days ago</span>
        <span>today</span>
      </div>
      {failed.length > 0 && (
        <details className="group text-sm">
          <DisclosureSummary>
            {failed.length === 1 ? "1 day with failed probes" : `${failed.length} days with failed probes`}
          </DisclosureSummary>
          <ul className="grid gap-1 pb-2 pl-5.5 text-muted">
            {failed.toReversed().map((day) => (
              <li key={day.day} className="numeric">
                {words(day)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

type Day = ComponentStatus["days"][number];

function words({ day, probes, failures }: Day): string {
  if (probes === 0) return `${day} (UTC): not probed`;
  return `${day} (UTC): ${failures} of ${probes} ${probes === 1 ? "probe" : "probes"} failed`;
}

function look({ probes, failures }: Day): string {
  if (probes === 0) return "fill-line";
  if (failures === 0) return "fill-good";
  return failures / probes < BAD_SHARE ? "fill-series-3" : "fill-bad";
}
