import { expect, test } from "vitest";
import { parseUsd, rate } from "@/lib/money/micro-usd";
import { readUsageExport, type ExportRow } from "@/lib/site/read-usage-export";

const RATES = { input: rate(5_000_000n), cachedInput: rate(500_000n), output: rate(30_000_000n) };
const read = (text: string) => readUsageExport(table(text), RATES);

function table(text: string): ExportRow[] {
  return text
    .trim()
    .split("\n")
    .map((line, at) => ({ line: at + 1, cells: line.split(";") }));
}

test("an export of costs is added up exactly, days without use included, and scaled to thirty days", () => {
  const reading = read(`
start_time;end_time;start_time_iso;end_time_iso;amount_value;amount_currency;line_item
1759622400;1759708800;2025-10-05T00:00:00+00:00;2025-10-06T00:00:00+00:00;0.8958740000000000;usd;
1759708800;1759795200;2025-10-06T00:00:00+00:00;2025-10-07T00:00:00+00:00;0.1041260000;usd;
1759795200;1759881600;2025-10-07T00:00:00+00:00;2025-10-08T00:00:00+00:00;;;`);
  expect(reading).toEqual({ kind: "read", basis: "costs", total: parseUsd("1"), monthly: parseUsd("10"), days: 3, rows: 3 });
});

test("an export of usage is priced by its tokens, cached ones at their own rate", () => {
  const reading = read(`
model;output_tokens;input_tokens;input_cached_tokens;date
gpt-5.5;1000000;2000000;1000000;2026-11-01`);
  expect(reading).toMatchObject({ basis: "tokens", total: parseUsd("35.5"), days: 1, monthly: parseUsd("1065") });
});

test.each(["2026-11-01T00:00:00;2026-11-02T00:00:00", "2026-11-01 00:00;2026-11-02 00:00", "2026-11-01;2026-11-02T00:00:00.000"])(
  "times without a zone (%s) are in UTC, wherever they are read: a day on which the clock changes there is a day",
  (times) => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "America/New_York";
    try {
      expect(read(`start_time;end_time;amount\n${times};1`)).toMatchObject({ days: 1, monthly: parseUsd("30") });
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  },
);

test("amounts are read as exports write them", () => {
  expect(read("cost\n$1,234.50\n1.2e-05\n-0.5")).toMatchObject({
    total: parseUsd("1234.000012"),
    days: null,
    monthly: parseUsd("1234.000012"),
  });
});

test("a byte order mark, capitals and blanks in the names of the columns do not matter", () => {
  expect(read("\uFEFFCost (USD);Date\n2;2026-11-01")).toMatchObject({ kind: "read", total: parseUsd("2") });
});

test("what cannot be read is refused with its line and the column as the file names it", () => {
  expect(read("Date;Amount_Value\n2026-11-01;2\n2026-11-02;two")).toEqual({
    kind: "refused",
    problems: [{ line: 3, column: "Amount_Value", message: '"two" is not an amount of money.' }],
  });
  expect(read("amount_value;amount_currency\n2;eur")).toMatchObject({ problems: [{ line: 2, column: "amount_currency" }] });
  expect(read("input_tokens;output_tokens\n1.5;2")).toMatchObject({ problems: [{ line: 2, column: "input_tokens" }] });
  expect(read("input_tokens;output_tokens;cached_tokens\n1;2;3")).toMatchObject({ problems: [{ line: 2, column: "cached_tokens" }] });
  expect(read("cost;date\n1;yesterday")).toMatchObject({ problems: [{ line: 2, column: "date" }] });
});

test("a table of something else is refused with the columns that were found and those that are known", () => {
  expect(read("name;age\nada;36")).toMatchObject({
    kind: "refused",
    problems: [{ line: 1, column: "name, age", message: expect.stringContaining("amount_value") as string }],
  });
});

test("an empty text and a lone first line are refused", () => {
  expect(readUsageExport([], RATES).kind).toBe("refused");
  expect(read("amount_value").kind).toBe("refused");
});

test("a file of nothing but mistakes names the first few", () => {
  const reading = read(`cost\n${"x\n".repeat(50)}`);
  expect(reading.kind === "refused" && reading.problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
});

test("an amount beyond any bill is no amount", () => {
  expect(read("cost\n1e90")).toMatchObject({ kind: "refused" });
});
