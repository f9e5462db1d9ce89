import { cn } from "@/components/ui/cn";
import { seriesStroke } from "@/components/ui/series-look";

const WIDTH = 100;
const HEIGHT = 24;

/** The shape of a row of numbers, beside the number that matters. `label` says in words what it shows. */
export function Sparkline({
  label,
  values,
  series = 1,
  className,
}: {
  label: string;
  values: readonly number[];
  series?: number;
  className?: string;
}) {
  const most = Math.max(...values, 0) || 1;
  const step = WIDTH / Math.max(1, values.length - 1);
  const path = values.map(
    (value, index) => `${index === 0 ? "M" : "L"}${(index * step).toFixed(1)} ${(HEIGHT - (value / most) * HEIGHT).toFixed(1)}`,
  );
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 -1 ${WIDTH} ${HEIGHT + 2}`}
      preserveAspectRatio="none"
      className={cn("h-6 w-24", className)}
    >
      <path
        d={path.join("")}
        fill="none"
        className={seriesStroke(series)}
        strokeWidth={1.5}
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
