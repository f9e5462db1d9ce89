import { BarChart, type Bar } from "@/components/ui/bar-chart";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import { chartNumber, scaleUsd } from "@/components/ui/usd-scale";
import type { TodayView } from "@/lib/requests/read-today";

/** What each hour of the day has cost; a bar leads to its requests. */
export function SpendChart({ today: { hours, timeZone } }: { today: Pick<TodayView, "hours" | "timeZone"> }) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const bars = hours.map(({ from, to, requests, spentUsd }): Bar => {
    const spent = parseUsd(spentUsd);
    return {
      key: from,
      label: clock.format(new Date(from)),
      href: requests > 0 ? `/dashboard/requests?${new URLSearchParams({ from, to })}` : undefined,
      parts: [{ name: "Spent", value: chartNumber(spent), shown: formatUsd(spent), series: 1 }],
    };
  });
  return (
    <BarChart
      label="Spend by hour today"
      unit="US dollars per hour"
      zone={timeZone}
      bars={bars}
      format={scaleUsd}
      height="md"
      timeName="Hour from"
    />
  );
}
