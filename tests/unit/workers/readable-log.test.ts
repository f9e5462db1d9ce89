import { expect, test } from "vitest";
import { readableLog } from "@/workers/start/readable-log";

function shown(line: string): string[] {
  const lines: string[] = [];
  readableLog((text) => lines.push(text))(line);
  return lines;
}

test("an entry of a worker's log becomes its message and its fields, with the level where it matters", () => {
  expect(shown('{"level":30,"time":"2026-11-20T10:00:00.000Z","host":"127.0.0.1","port":3000,"msg":"web is listening"}')).toEqual([
    "web is listening host=127.0.0.1 port=3000",
  ]);
  expect(shown('{"level":40,"time":"x","count":2,"msg":"holds of dead processes settled"}')).toEqual([
    "warning: holds of dead processes settled count=2",
  ]);
});

test("an error keeps its reason and its stack", () => {
  const err = { type: "TypeError", message: "no such thing", stack: "TypeError: no such thing\n    at run (file.ts:1:2)" };
  expect(shown(JSON.stringify({ level: 50, time: "x", err, msg: "task failed" }))).toEqual([
    "error: task failed TypeError: no such thing",
    "    at run (file.ts:1:2)",
  ]);
});

test("what is no entry of a log stays as it is", () => {
  for (const line of ["plain", '{"level":', '{"other":1}', ""]) expect(shown(line)).toEqual([line]);
});
