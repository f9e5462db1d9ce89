import type { ExportRow } from "@/lib/site/read-usage-export";

/** Characters: far above a year of daily exports. */
export const CSV_LENGTH_MAX = 20_000_000;

/** The parser is loaded when the first export is read, and reads it in this browser. */
export async function parseCsv(text: string): Promise<ExportRow[]> {
  const { default: papa } = await import("papaparse");
  const { data } = papa.parse<string[]>(text, { header: false });
  let line = 1;
  return data.map((cells) => {
    const row = { line, cells };
    // A quoted cell may go over several lines.
    line += 1 + cells.reduce((count, cell) => count + cell.split("\n").length - 1, 0);
    return row;
  });
}
