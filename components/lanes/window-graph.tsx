"use client";

import { windowName } from "@/components/lanes/window-words";
import { clockWords } from "@/components/ui/time-words";
import { useTimeZone } from "@/components/ui/use-time-zone";
import type { WindowView } from "@/lib/codex/read";
import type { SampleView } from "@/lib/codex/read-history";
import { zoneName } from "@/lib/time/time-zones";

type Props = {
  window: Pick<WindowView, "limitId" | "limitName" | "windowMinutes">;
  samples: readonly SampleView[];
  from: string;
  to: string;
};

/** Of the drawing; it is stretched to the width that there is. */
const WIDTH = 600;
const HEIGHT = 96;
const LINES_PERCENT = [0, 50, 100];

/** How full one window was. Between two reports it stays as it was: a step, and not a slope that nobody has seen. */
export function WindowGraph({ window, samples, from, to }: Props) {
  const zone = useTimeZone();
  const name = windowName(window);
  const last = samples.at(-1);
  const [start, end] = [new Date(from).getTime(), new Date(to).getTime()];
  const x = (iso: string) => (((Math.max(start, new Date(iso).getTime()) - start) / (end - start)) * WIDTH).toFixed(1);
  const y = (percent: number) => (HEIGHT - (percent / 100) * HEIGHT).toFixed(1);
  const steps = samples.map(
    ({ observedAt, usedPercent }, index) => `${index === 0 ? "M" : "H"}${x(observedAt)}${index === 0 ? " " : "V"}${y(usedPercent)}`,
  );
  const path = last ? `${steps.join("")}H${x(to)}` : "";
  const most = Math.max(0, ...samples.map(({ usedPercent }) => usedPercent));
  return (
    <figure className="grid gap-1">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
        <span className="font-medium">{name}</span>
        <span className="numeric text-muted">most {most} %</span>
      </figcaption>
      <div className="grid grid-cols-[2.5rem_1fr] gap-x-2">
        <div className="numeric flex flex-col-reverse justify-between text-end text-xs text-muted" aria-hidden>
          {LINES_PERCENT.map((percent) => (
            <span key={percent} className="leading-none">
              {percent} %
            </span>
          ))}
        </div>
        <svg
          role="img"
          aria-label={`${name}: ${samples.length} reports, at most ${most} % used, lately ${last?.usedPercent ?? 0} %`}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-24 w-full overflow-visible"
        >
          {LINES_PERCENT.map((percent) => (
            <line
              key={percent}
              x1={0}
              x2={WIDTH}
              y1={y(percent)}
              y2={y(percent)}
              className="stroke-line"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          <path d={path} fill="none" className="stroke-accent" strokeWidth={2} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
        </svg>
        <span />
        <div className="numeric flex justify-between gap-2 text-xs text-muted">
          <span>{clockWords(new Date(from), null, zone)}</span>
          <span>
            {clockWords(new Date(to), null, zone)} <span className="max-sm:hidden">({zoneName(zone)})</span>
          </span>
        </div>
      </div>
    </figure>
  );
}
