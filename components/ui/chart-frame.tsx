import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import { labelPlaces } from "@/components/ui/chart-scale";
import { seriesFill } from "@/components/ui/series-look";
import { zoneName } from "@/lib/time/time-zones";

const LABELS_MAX = 5;

type ChartFrameProps = {
  label: string;
  unit: string;
  /** The IANA zone in which the labels are. */
  zone: string;
  names: readonly { name: string; series: number }[];
  ticks: readonly number[];
  format: (value: number) => string;
  /** Under the plot, one per place from left to right; only some of them are shown. `centered`: in the middle of its place. */
  places: readonly string[];
  centered: boolean;
  height: "sm" | "md";
  children: ReactNode;
  table: ReactNode;
};

/** What every chart has around its plot: legend, unit, scale, times with their zone, and the same numbers as a table. */
export function ChartFrame({ label, unit, zone, names, ticks, format, places, centered, height, children, table }: ChartFrameProps) {
  return (
    <figure className="min-w-0" aria-label={label}>
      <figcaption className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-muted">
        <span>{unit}</span>
        {names.length > 1 &&
          names.map(({ name, series }) => (
            <span key={name} className="inline-flex min-w-0 items-center gap-1.5 text-ink">
              <span aria-hidden className={cn("size-2.5 shrink-0 rounded-[2px]", seriesFill(series))} />
              <span className="wrap-anywhere">{name}</span>
            </span>
          ))}
        <span className="ml-auto">Times in {zoneName(zone)}</span>
      </figcaption>
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2">
        <div aria-hidden className="numeric flex flex-col-reverse justify-between text-end text-xs text-muted">
          {ticks.map((tick) => (
            <span key={tick} className="h-0 leading-0">
              {format(tick)}
            </span>
          ))}
        </div>
        <div className={cn("relative", height === "sm" ? "h-24" : "h-44")}>
          {ticks.map((tick, index) => (
            <span
              key={tick}
              aria-hidden
              className={cn("absolute inset-x-0 border-t", index === 0 ? "border-edge" : "border-line")}
              style={{ bottom: `${(index / (ticks.length - 1)) * 100}%` }}
            />
          ))}
          {children}
        </div>
        <span />
        <div aria-hidden className="numeric relative mt-1.5 h-4 text-xs text-muted">
          {labelPlaces(places.length, LABELS_MAX).map((place, index) => {
            const percent = centered ? ((place + 0.5) / places.length) * 100 : (place / Math.max(1, places.length - 1)) * 100;
            return (
              <span
                key={place}
                className={cn("absolute leading-4 whitespace-nowrap", index % 2 === 1 && "max-sm:hidden")}
                // Shifted by as much of itself as it stands along the way, so that no label leaves the plot.
                style={{ left: `${percent}%`, transform: `translateX(-${percent}%)` }}
              >
                {places[place]}
              </span>
            );
          })}
        </div>
      </div>
      <details className="mt-2 text-sm">
        <summary className="inline-flex min-h-target cursor-pointer items-center text-muted underline underline-offset-2 hover:text-ink">
          As a table<span className="sr-only">: {label}</span>
        </summary>
        <div className="max-h-96 overflow-y-auto pt-1">{table}</div>
      </details>
    </figure>
  );
}
