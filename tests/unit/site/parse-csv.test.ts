import { expect, test } from "vitest";
import { parseCsv } from "@/components/site/parse-csv";

test("rows know their line in the file, also after a cell that goes over several lines", async () => {
  const rows = await parseCsv('name,cost\n"two\nlines",1\nlast,2');
  expect(rows).toEqual([
    { line: 1, cells: ["name", "cost"] },
    { line: 2, cells: ["two\nlines", "1"] },
    { line: 4, cells: ["last", "2"] },
  ]);
});

test("commas, semicolons and tabs divide cells", async () => {
  for (const divider of [",", ";", "\t"]) {
    expect((await parseCsv(`a${divider}b\r\n1${divider}2`))[1]).toEqual({ line: 2, cells: ["1", "2"] });
  }
});
