import { ChartFrame } from "@/components/ui/chart-frame";
import { chartScale } from "@/components/ui/chart-scale";
import { cn } from "@/components/ui/cn";
import { DataTable, type Column } from "@/components/ui/data-table";
import { seriesStroke } from "@/components/ui/series-look";

export type Line = {
  name: string;
  /** From 1: the colour. */
  series: number;
  /** One per place; null where nothing is known. */
  points: readonly ({ value: number; shown: string } | null)[];
};

type LineChartProps = {
  label: string;
  unit: string;
  zone: string;
  /** The times from left to right, in the zone, in equal steps. */
  places: readonly { key: string; label: string }[];
  lines: readonly Line[];
  format: (value: number) => string;
  whole?: boolean;
  height?: "sm" | "md";
};

/** As many figures stand beside each other also on a phone. */
const COLUMNS_KEPT_MAX = 2;
/** Of the drawing; it is stretched to the room that there is. */
const WIDTH = 600;
const HEIGHT = 100;

/** Drawn on the server; its exact figures are in the table under it. */
export function LineChart({ label, unit, zone, places, lines, format, whole, height = "md" }: LineChartProps) {
  const { top, ticks } = chartScale(Math.max(0, ...lines.flatMap(({ points }) => points.map((point) => point?.value ?? 0))), { whole });
  const columns: Column<{ key: string; label: string; index: number }>[] = [
    { name: "Time", cell: (place) => place.label },
    ...lines.map(({ name, points }) => ({
      name,
      numeric: true,
      cell: ({ index }: { index: number }) => points[index]?.shown ?? "–",
    })),
  ];
  return (
    <ChartFrame
      label={label}
      unit={unit}
      zone={zone}
      names={lines}
      ticks={ticks}
      format={format}
      places={places.map((place) => place.label)}
      centered={false}
      height={height}
      table={
        <DataTable
          caption={label}
          columns={columns}
          rows={places.map((place, index) => ({ ...place, index }))}
          rowKey={({ key }) => key}
          keepsShape={lines.length <= COLUMNS_KEPT_MAX}
        />
      }
    >
      <svg
        aria-hidden
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="absolute inset-0 size-full overflow-visible"
      >
        {lines.map(({ name, series, points }) => (
          <path
            key={name}
            d={linePath(
              points.map((point) => point?.value ?? null),
              top,
            )}
            fill="none"
            className={cn(seriesStroke(series))}
            strokeWidth={2}
            strokeLinejoin="round"
            strokeLinecap="round"
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
    </ChartFrame>
  );
}

/** Begins anew after every gap: a line over what is not known would claim to know it. */
function linePath(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  return values
    .map((value, index) => {
      if (value === null) return "";
      const isStart = index === 0 || values[index - 1] === null;
      return `${isStart ? "M" : "L"}${(index * step).toFixed(1)} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
    })
    .join("");
}
