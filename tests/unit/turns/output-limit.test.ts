import { expect, test } from "vitest";
import { loadTokenizer } from "@/lib/turns/load-tokenizer";
import { OutputLimit } from "@/lib/turns/output-limit";

test("what could be the beginning of a stop sequence waits until it is known", () => {
  const limit = new OutputLimit({ stops: ["END"], tokensMax: 1_000 });
  expect(limit.push("say E")).toEqual({ text: "say ", cut: null });
  expect(limit.push("N")).toEqual({ text: "", cut: null });
  expect(limit.push("O")).toEqual({ text: "ENO", cut: null });
  expect(limit.push(" EN")).toEqual({ text: " ", cut: null });
  expect(limit.push("D more")).toEqual({ text: "", cut: "stop" });
  expect(limit.push("more")).toEqual({ text: "", cut: null });
});

test("what was held back goes out at the end", () => {
  const limit = new OutputLimit({ stops: ["\n\n"], tokensMax: 1_000 });
  expect(limit.push("a\n")).toEqual({ text: "a", cut: null });
  expect(limit.flush()).toEqual({ text: "\n", cut: null });
});

test("of several stop sequences the first in the text counts", () => {
  const limit = new OutputLimit({ stops: ["later", "now"], tokensMax: 1_000 });
  expect(limit.push("a now b later")).toEqual({ text: "a ", cut: "stop" });
});

test("an answer far below its limit needs no tokenizer", () => {
  const limit = new OutputLimit({ stops: [], tokensMax: 100 });
  expect(limit.needsTokenizer("a".repeat(100))).toBe(false);
  expect(limit.needsTokenizer("a".repeat(101))).toBe(true);
});

test("a call goes out whole or not at all", async () => {
  const limit = new OutputLimit({ stops: [], tokensMax: 10 });
  limit.use(await loadTokenizer());
  expect(limit.takes("short")).toBe(true);
  expect(limit.takes("one two three four five six seven eight nine ten eleven")).toBe(false);
});
