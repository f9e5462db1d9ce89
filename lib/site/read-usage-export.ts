import { microUsd, type MicroUsd, type MicroUsdPerMillion } from "@/lib/money/micro-usd";

/*
 * An export of OpenAI's usage page, as a table of texts. Two kinds are known, by the names of their columns: of costs, which have an
 * amount in every row, and of usage, which have token counts that are priced here. Columns stand in any order, others are ignored.
 */

export type ExportRow = { /** In the file, from 1. */ line: number; cells: readonly string[] };

export type TokenRates = { input: MicroUsdPerMillion; cachedInput: MicroUsdPerMillion; output: MicroUsdPerMillion };

export type ExportProblem = { line: number; column: string; message: string };

export type ExportReading =
  | {
      kind: "read";
      basis: "costs" | "tokens";
      /** What the rows add up to. */
      total: MicroUsd;
      /** The total over the days that the rows span, as thirty days. */
      monthly: MicroUsd;
      /** Null: no column says when; the total then counts as one month. */
      days: number | null;
      rows: number;
    }
  | { kind: "refused"; problems: ExportProblem[] };

const DAY_MS = 86_400_000;
const MONTH_DAYS = 30;
/** Further ones of the same file say nothing new. */
const PROBLEMS_MAX = 5;
const MILLION = 1_000_000n;
const TOKENS_MAX = 1e15;
/** A billion dollars: beyond it a row is not an amount of anybody's bill. */
const AMOUNT_MAX = 1_000_000_000_000_000n;

const COLUMNS = {
  amount: ["amount_value", "amount_usd", "amount", "cost_usd", "cost", "total_cost"],
  currency: ["amount_currency", "currency"],
  input: ["input_tokens", "prompt_tokens", "n_context_tokens_total"],
  cached: ["input_cached_tokens", "cached_input_tokens", "cached_tokens"],
  output: ["output_tokens", "completion_tokens", "n_generated_tokens_total"],
  start: ["start_time_iso", "start_time", "date", "usage_date", "day", "timestamp"],
  end: ["end_time_iso", "end_time"],
} as const;

type ColumnName = keyof typeof COLUMNS;
type Found = { at: number; name: string };
type Header = Readonly<Record<ColumnName, Found | null>>;

/** Without rates only an export of costs can be read. */
export function readUsageExport(rows: readonly ExportRow[], rates: TokenRates | null): ExportReading {
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
  const [first, ...body] = filled;
  if (!first) return refuse(1, "", "There is nothing to read. Paste the export with its first line, which names the columns.");
  const header = readHeader(first.cells);
  const hasTokens = header.input !== null && header.output !== null;
  if (!header.amount && !hasTokens) {
    const names = first.cells.map((cell) => cell.trim()).filter((cell) => cell !== "");
    return refuse(
      first.line,
      names.slice(0, 6).join(", "),
      "No column here is known. An export of costs has amount_value; an export of usage has input_tokens and output_tokens.",
    );
  }
  if (body.length === 0) return refuse(first.line, "", "There is no row below the names of the columns.");

  const reader = new RowReader(header);
  let total = 0n;
  if (header.amount) {
    for (const row of body) total += reader.amountOf(row);
  } else if (rates) {
    for (const row of body) total += reader.priceOf(row, rates);
  } else {
    return refuse(first.line, header.input!.name, "Tokens have no price yet: mend the field above that cannot be read.");
  }
  if (reader.problems.length > 0) return { kind: "refused", problems: reader.problems.slice(0, PROBLEMS_MAX) };
  const days = reader.days();
  return {
    kind: "read",
    basis: header.amount ? "costs" : "tokens",
    total: microUsd(total),
    monthly: microUsd(days === null ? total : divide(total * BigInt(MONTH_DAYS), BigInt(days))),
    days,
    rows: body.length,
  };
}

class RowReader {
  readonly problems: ExportProblem[] = [];
  readonly #header: Header;
  #fromMs = Infinity;
  #untilMs = -Infinity;

  constructor(header: Header) {
    this.#header = header;
  }

  /** Days without use stand in the export as rows without an amount. */
  amountOf(row: ExportRow): bigint {
    this.#noteTime(row);
    const text = this.#text(row, "amount");
    if (text === "") return 0n;
    const currency = this.#text(row, "currency").toLowerCase();
    if (currency !== "" && currency !== "usd")
      return this.#problem(row, "currency", `"${currency}" is not usd: only US dollars can be added up.`);
    return readAmount(text) ?? this.#problem(row, "amount", `"${cut(text)}" is not an amount of money.`);
  }

  priceOf(row: ExportRow, rates: TokenRates): bigint {
    this.#noteTime(row);
    const input = this.#count(row, "input");
    const cached = this.#count(row, "cached");
    const output = this.#count(row, "output");
    if (cached > input) return this.#problem(row, "cached", "There are more cached tokens than input tokens: they are part of them.");
    return divide((input - cached) * rates.input + cached * rates.cachedInput + output * rates.output, MILLION);
  }

  /** From the first day that a row names to the end of the last, at least one. */
  days(): number | null {
    if (this.#untilMs <= this.#fromMs) return null;
    return Math.max(1, Math.ceil((this.#untilMs - this.#fromMs) / DAY_MS));
  }

  #noteTime(row: ExportRow): void {
    const start = this.#time(row, "start");
    if (start === null) return;
    const end = this.#time(row, "end") ?? start - (start % DAY_MS) + DAY_MS;
    this.#fromMs = Math.min(this.#fromMs, start);
    this.#untilMs = Math.max(this.#untilMs, end);
  }

  #time(row: ExportRow, column: "start" | "end"): number | null {
    const text = this.#text(row, column);
    if (text === "") return null;
    const ms = /^\d{9,11}$/.test(text) ? Number(text) * 1000 : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(inUtc(text)) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    this.#problem(row, column, `"${cut(text)}" is not a time. Known are 2026-11-21, 2026-11-21T00:00:00+00:00 and seconds since 1970.`);
    return null;
  }

  #count(row: ExportRow, column: "input" | "cached" | "output"): bigint {
    const text = this.#text(row, column).replaceAll(",", "");
    if (text === "") return 0n;
    const value = Number(text);
    if (/^\d+(\.0+)?$/.test(text) && value <= TOKENS_MAX) return BigInt(value);
    return this.#problem(row, column, `"${cut(text)}" is not a count of tokens.`);
  }

  #text(row: ExportRow, column: ColumnName): string {
    const found = this.#header[column];
    return found ? (row.cells[found.at] ?? "").trim() : "";
  }

  #problem(row: ExportRow, column: ColumnName, message: string): bigint {
    this.problems.push({ line: row.line, column: this.#header[column]?.name ?? column, message });
    return 0n;
  }
}

/** A time that names no zone would be read in the one of whoever looks: OpenAI's are in UTC. */
function inUtc(text: string): string {
  return /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text) ? `${text.replace(" ", "T")}Z` : text;
}

function readHeader(cells: readonly string[]): Header {
  const names = cells.map((cell) =>
    cell
      .replace(/^\uFEFF/, "")
      .trim()
      .toLowerCase()
      .replaceAll(/[\s-]+/g, "_")
      .replaceAll(/[()$]/g, ""),
  );
  const find = (column: ColumnName): Found | null => {
    for (const name of COLUMNS[column]) {
      const at = names.indexOf(name);
      if (at >= 0) return { at, name: cells[at]!.replace(/^\uFEFF/, "").trim() };
    }
    return null;
  };
  const columns = Object.keys(COLUMNS) as ColumnName[];
  return Object.fromEntries(columns.map((column) => [column, find(column)])) as Header;
}

/** Exact, then rounded once to micro-dollars: `0.8958740000000000`, `$1,234.50` and `1.2e-05` are all found in exports. */
function readAmount(text: string): bigint | null {
  const match = /^(-?)\$?(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})?(?:\.(\d{0,40}))?(?:e([+-]?\d{1,2}))?$/i.exec(text.replaceAll(" ", ""));
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole.replaceAll(",", "") + fraction;
  if (digits === "") return null;
  const shift = 6 + Number(exponent) - fraction.length;
  const value = shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : divide(BigInt(digits), 10n ** BigInt(-shift));
  if (value > AMOUNT_MAX) return null;
  return sign === "-" ? -value : value;
}

/** Rounded to the nearest, halves away from zero. */
function divide(value: bigint, by: bigint): bigint {
  const half = value < 0n ? -(by / 2n) : by / 2n;
  return (value + half) / by;
}

function refuse(line: number, column: string, message: string): ExportReading {
  return { kind: "refused", problems: [{ line, column, message }] };
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
