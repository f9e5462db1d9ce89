import type { MicroUsd } from "@/lib/money/micro-usd";

/** The height of a bar. A chart's pixels need no exactness; the figure beside it is formatted from the amount itself. */
export function chartNumber(amount: MicroUsd): number {
  return Number(BigInt(amount)) / 1_000_000;
}

/** At the scale of a chart: `$0.05`, `$0.50`, `$20`. */
export function scaleUsd(value: number): string {
  return new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: Number.isInteger(value) ? 0 : 2,
    maximumFractionDigits: 6,
  }).format(value);
}
