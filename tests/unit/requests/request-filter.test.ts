import { expect, test } from "vitest";
import { NO_FILTER, readFilter, requireFilter } from "@/lib/requests/request-filter";

test("without a word it is the newest days and nothing else", () => {
  expect(readFilter(new URLSearchParams())).toEqual({ filter: NO_FILTER, problems: [] });
});

test.each([
  ["from=yesterday", "from"],
  ["to=2026-11-20", "to"],
  ["from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "from"],
  ["range=2y", "range"],
  ["outcome=lost", "outcome"],
  ["laneKind=free", "laneKind"],
  ["kind=poem", "kind"],
  ["status=6xx", "status"],
  ["status=abc", "status"],
  ["stream=yes", "stream"],
  ["minCost=-1", "minCost"],
  ["minCost=0.0000001", "minCost"],
  ["minMs=1.5", "minMs"],
  ["minMs=99999999999", "minMs"],
  ["id=key_1", "id"],
  ["id=req_%27;drop", "id"],
  ["model=%00", "model"],
  ["project=a&project=b%1Bc", "project"],
  ["thread=a%00b", "thread"],
  [`model=${"m".repeat(129)}`, "model"],
  [Array.from({ length: 21 }, (_, at) => `key=key_${at}`).join("&"), "key"],
])("%s is named and left out, and the rest keeps its meaning", (text, param) => {
  const query = new URLSearchParams(`${text}&client=codex`);
  const { filter, problems } = readFilter(query);
  expect(problems.map((problem) => problem.param)).toEqual([param]);
  expect(filter).toEqual({ ...NO_FILTER, client: ["codex"] });
  expect(() => requireFilter(query)).toThrow(expect.objectContaining({ code: "request_invalid", param }));
});
