import { plainText } from "@/workers/admin/plain-text";

/** Columns as wide as their widest cell; an empty list says so. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number | null)[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const cells = [headings, ...rows.map((row) => row.map(plain))];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** On one line, whatever is in it. */
function plain(cell: string | number | null): string {
  return cell === null ? "–" : plainText(String(cell)).replaceAll("\n", " ");
}

/** `name  value` lines. */
export function list(pairs: readonly (readonly [string, string | number | null])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}`).join("\n");
}
