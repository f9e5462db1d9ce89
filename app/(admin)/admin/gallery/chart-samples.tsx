import { LONG_TEXT, Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { Card } from "@/components/ui/card";
import { BarChart, type Bar } from "@/components/ui/bar-chart";
import { LineChart } from "@/components/ui/line-chart";
import { Sparkline } from "@/components/ui/sparkline";
import { scaleUsd } from "@/components/ui/usd-scale";

const NAMES = ["gpt-5.5", "gpt-5.5-mini", "gpt-5.5-codex", LONG_TEXT, "others", "none"];
const WHOLE = new Intl.NumberFormat("en-US");
const HOURS = Array.from({ length: 24 }, (_, hour) => ({ key: String(hour), label: `${String(hour).padStart(2, "0")}:00`, hour }));

/** A day with a quiet night. */
function busy(hour: number): number {
  return Math.max(0, Math.round(40 * Math.sin(((hour - 6) / 18) * Math.PI) + (hour % 5) * 3));
}

const SINGLE: Bar[] = HOURS.map(({ key, label, hour }) => ({
  key,
  label,
  href: "/admin/gallery",
  parts: [{ name: "Spent", value: busy(hour) / 100, shown: scaleUsd(busy(hour) / 100), series: 1 }],
}));
const STACKED: Bar[] = HOURS.map(({ key, label, hour }) => ({
  key,
  label,
  parts: NAMES.map((name, index) => {
    const value = Math.floor(busy(hour) / (index + 1));
    return { name, value, shown: WHOLE.format(value), series: index + 1 };
  }),
}));
const EMPTY: Bar[] = SINGLE.map((bar) => ({ ...bar, href: undefined, parts: [{ name: "Spent", value: 0, shown: "$0.00", series: 1 }] }));

export function ChartSamples({ theme }: { theme: string }) {
  return (
    <SampleGroup title="Charts">
      <Card title="Bars that lead somewhere">
        <BarChart label={`Spend, ${theme}`} unit="US dollars per hour" zone="Europe/Berlin" bars={SINGLE} format={scaleUsd} />
      </Card>
      <Card title="Stacked bars">
        <BarChart
          label={`Requests by model, ${theme}`}
          unit="Requests per hour"
          zone="Europe/Berlin"
          bars={STACKED}
          format={(value) => WHOLE.format(value)}
          whole
        />
      </Card>
      <Card title="Empty">
        <BarChart label={`Nothing yet, ${theme}`} unit="US dollars per hour" zone="UTC" bars={EMPTY} format={scaleUsd} height="sm" />
      </Card>
      <Card title="Lines, with a gap where nothing is known">
        <LineChart
          label={`First token, ${theme}`}
          unit="Milliseconds"
          zone="Europe/Berlin"
          places={HOURS}
          lines={[
            { name: "median", series: 1, points: HOURS.map(({ hour }) => point(300 + busy(hour) * 4)) },
            { name: "slowest tenth", series: 3, points: HOURS.map(({ hour }) => (hour === 9 ? null : point(700 + busy(hour) * 9))) },
          ]}
          format={(value) => WHOLE.format(value)}
          whole
        />
      </Card>
      <Sample state="Sparkline" row>
        <Sparkline label="Requests of the last 24 hours, most at noon" values={HOURS.map(({ hour }) => busy(hour))} />
        <Sparkline label="No requests in the last 24 hours" values={HOURS.map(() => 0)} series={2} />
      </Sample>
    </SampleGroup>
  );
}

function point(value: number) {
  return { value, shown: `${WHOLE.format(value)} ms` };
}
