import Link from "next/link";
import { ArrowKeys } from "@/components/ui/arrow-keys";
import { ChartFrame } from "@/components/ui/chart-frame";
import { chartScale } from "@/components/ui/chart-scale";
import { cn } from "@/components/ui/cn";
import { DataTable, type Column } from "@/components/ui/data-table";
import { seriesFill } from "@/components/ui/series-look";

export type BarPart = {
  name: string;
  /** Its height; the exact figure is `shown`. */
  value: number;
  shown: string;
  /** From 1: the colour. */
  series: number;
};

export type Bar = {
  key: string;
  /** The time it stands for, in the zone. */
  label: string;
  /** What the bar opens. */
  href?: string;
  /** From the bottom up. */
  parts: readonly BarPart[];
};

/** As many figures stand beside each other also on a phone. */
const COLUMNS_KEPT_MAX = 2;

type BarChartProps = {
  label: string;
  /** "USD", "requests". */
  unit: string;
  zone: string;
  bars: readonly Bar[];
  /** Of the numbers at the scale. */
  format: (value: number) => string;
  /** For what has no halves. */
  whole?: boolean;
  height?: "sm" | "md";
  /** What the first column of the table is called. */
  timeName?: string;
};

/** Drawn on the server. Its words show on hover and focus; the arrow keys go from bar to bar. */
export function BarChart({ label, unit, zone, bars, format, whole, height = "md", timeName = "Time" }: BarChartProps) {
  const { top, ticks } = chartScale(Math.max(0, ...bars.map(total)), { whole });
  const names = namesOf(bars);
  const isEmpty = bars.every((bar) => total(bar) === 0);
  return (
    <ChartFrame
      label={label}
      unit={unit}
      zone={zone}
      names={names}
      ticks={ticks}
      format={format}
      places={bars.map((bar) => bar.label)}
      centered
      height={height}
      table={
        <DataTable
          caption={label}
          columns={columnsOf(names, timeName)}
          rows={bars}
          rowKey={({ key }) => key}
          keepsShape={names.length <= COLUMNS_KEPT_MAX}
        />
      }
    >
      {isEmpty && (
        <p className="absolute inset-0 grid place-items-center text-sm text-muted">
          <span className="bg-panel px-2">Nothing in this time</span>
        </p>
      )}
      <ArrowKeys label={label} className="absolute inset-0 flex items-stretch">
        {bars.map((bar, index) => (
          <BarColumn key={bar.key} bar={bar} top={top} percent={((index + 0.5) / bars.length) * 100} isStop={index === bars.length - 1} />
        ))}
      </ArrowKeys>
    </ChartFrame>
  );
}

function BarColumn({ bar, top, percent, isStop }: { bar: Bar; top: number; percent: number; isStop: boolean }) {
  const shown = bar.parts.filter(({ value }) => value > 0);
  const words = `${bar.label}: ${(shown.length > 0 ? shown : bar.parts).map(({ name, shown: figure }) => `${name} ${figure}`).join(", ")}`;
  const look = {
    "data-stop": "",
    tabIndex: isStop ? 0 : -1,
    "aria-label": words,
    className: "group flex min-w-0 flex-1 flex-col-reverse outline-offset-[-2px] hover:bg-ink/6 focus-visible:bg-ink/6",
  };
  const inside = (
    <>
      {shown.map(({ name, value, series }, index) => (
        <span
          key={name}
          className={cn("mx-[12%] min-h-0.5 shrink-0", seriesFill(series), index === shown.length - 1 && "rounded-t-[2px]")}
          style={{ height: `${(value / top) * 100}%` }}
        />
      ))}
      <span
        aria-hidden
        className="pointer-events-none absolute bottom-full z-10 mb-1 hidden w-max max-w-60 rounded-md border border-line bg-raised px-3 py-2 text-start text-xs text-ink shadow-overlay group-hover:block group-focus-visible:block"
        style={{ left: `${percent}%`, transform: `translateX(-${percent}%)` }}
      >
        <span className="font-medium">{bar.label}</span>
        {(shown.length > 0 ? shown.toReversed() : bar.parts.slice(0, 1)).map(({ name, shown: figure, series }) => (
          <span key={name} className="flex items-center gap-1.5">
            <span className={cn("size-2 shrink-0 rounded-[2px]", seriesFill(series))} />
            <span className="min-w-0 text-muted wrap-anywhere">{name}</span>
            <span className="numeric ml-auto pl-3 whitespace-nowrap">{figure}</span>
          </span>
        ))}
      </span>
    </>
  );
  return bar.href === undefined ? (
    // An <img> could not hold the words that show on hover.
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <span role="img" {...look}>
      {inside}
    </span>
  ) : (
    <Link href={bar.href} prefetch={false} {...look}>
      {inside}
    </Link>
  );
}

function total({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

/** In the order in which they first appear. */
function namesOf(bars: readonly Bar[]): { name: string; series: number }[] {
  const seriesOf = new Map<string, number>();
  for (const { parts } of bars) for (const { name, series } of parts) if (!seriesOf.has(name)) seriesOf.set(name, series);
  return [...seriesOf].map(([name, series]) => ({ name, series }));
}

function columnsOf(names: readonly { name: string }[], timeName: string): Column<Bar>[] {
  return [
    {
      name: timeName,
      cell: ({ label, href }) =>
        href === undefined ? (
          label
        ) : (
          <Link href={href} prefetch={false} className="underline underline-offset-2 hover:text-accent">
            {label}
          </Link>
        ),
    },
    ...names.map(({ name }) => ({
      name,
      numeric: true,
      cell: ({ parts }: Bar) => parts.find((part) => part.name === name)?.shown ?? "–",
    })),
  ];
}
