/** Written out: the class names must stand in the source. */
const FILLS = ["bg-series-1", "bg-series-2", "bg-series-3", "bg-series-4", "bg-series-5", "bg-series-6"];
const STROKES = ["stroke-series-1", "stroke-series-2", "stroke-series-3", "stroke-series-4", "stroke-series-5", "stroke-series-6"];

/** `series` counts from 1; after the sixth the colours begin again. */
export function seriesFill(series: number): string {
  return FILLS[(series - 1) % FILLS.length] ?? "bg-series-1";
}

export function seriesStroke(series: number): string {
  return STROKES[(series - 1) % STROKES.length] ?? "stroke-series-1";
}
