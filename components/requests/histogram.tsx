import Link from "next/link";
import { LocalTime } from "@/components/ui/local-time";
import type { Histogram as Bars } from "@/lib/requests/read-histogram";

const HEIGHT_MIN_PERCENT = 3;
const WHOLE = new Intl.NumberFormat("en-US");

/** Requests over time, failures apart. Each bar leads to its stretch of the log. */
export function Histogram({ histogram, hrefOf }: { histogram: Bars; hrefOf: (bar: Bars["bars"][number]) => string }) {
  const { bars } = histogram;
  const most = Math.max(...bars.map(({ answered, failed }) => answered + failed), 1);
  return (
    <figure>
      <figcaption className="mb-2 flex flex-wrap justify-between gap-x-4 text-xs text-muted">
        <span className="flex flex-wrap gap-x-4">
          <Key className="bg-accent" word="answered" />
          <Key className="bg-bad" word="failed or refused" />
        </span>
        <span className="numeric">at most {WHOLE.format(most)} at a time</span>
      </figcaption>
      <div className="flex h-24 items-stretch gap-px border-b border-line">
        {bars.map((bar) => (
          <Bar key={bar.from} bar={bar} most={most} href={hrefOf(bar)} />
        ))}
      </div>
      <div className="mt-1 flex flex-wrap gap-x-4 text-xs text-muted">
        <LocalTime iso={bars[0]!.from} />
        <span className="ml-auto">
          <LocalTime iso={bars.at(-1)!.to} />
        </span>
      </div>
      {histogram.since && (
        <p className="mt-2 text-xs text-muted">
          So many fit that only the newest are counted here, since <LocalTime iso={histogram.since} />.
        </p>
      )}
    </figure>
  );
}

function Key({ className, word }: { className: string; word: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={`size-2.5 rounded-sm ${className}`} />
      {word}
    </span>
  );
}

function Bar({ bar, most, href }: { bar: Bars["bars"][number]; most: number; href: string }) {
  const { answered, failed, from, costUsd } = bar;
  const whole = answered + failed;
  if (whole === 0) return <span className="flex-1" />;
  const percent = (count: number) => (count === 0 ? "0" : `${Math.max((count / most) * 100, HEIGHT_MIN_PERCENT)}%`);
  const words = `${WHOLE.format(whole)} requests from ${from}, ${WHOLE.format(failed)} of them failed or refused, $${costUsd}`;
  return (
    <Link
      href={href}
      title={words}
      aria-label={words}
      className="group flex min-w-0 flex-1 flex-col justify-end hover:bg-sunken"
      prefetch={false}
    >
      <span className="rounded-t-sm bg-bad" style={{ height: percent(failed) }} />
      <span className="bg-accent group-hover:bg-accent-strong" style={{ height: percent(answered) }} />
    </Link>
  );
}
