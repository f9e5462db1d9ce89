import { describe, expect, test } from "vitest";
import { searchDocs, type DocsSection } from "@/lib/site/search-docs";

const section = (heading: string, text: string, page = "Lanes"): DocsSection => ({ href: `/docs#${heading}`, page, heading, text });
const found = (sections: DocsSection[], query: string) => searchDocs(sections, query).map(({ heading }) => heading);

describe("the search of the documentation", () => {
  test("wants every word, whatever its case and place", () => {
    const sections = [section("a", "The wallet is empty."), section("b", "The wallet is full."), section("Empty", "Of WALLETS.")];
    expect(found(sections, "EMPTY wallet").toSorted()).toEqual(["Empty", "a"]);
    expect(found(sections, "wallet nowhere")).toEqual([]);
  });

  test("puts headings before text, and the start of a word before its middle", () => {
    const sections = [section("inside", "a relocked door"), section("start", "a locked door"), section("Locked", "nothing")];
    expect(found(sections, "lock")).toEqual(["Locked", "start", "inside"]);
  });

  test("an empty query finds nothing, and a long one is cut", () => {
    expect(searchDocs([section("a", "text")], "  ")).toEqual([]);
    expect(found([section("a", "word")], "word ".repeat(10_000))).toEqual(["a"]);
  });

  test("shows the words in their surroundings, and no more than twelve hits", () => {
    const text = `${"before ".repeat(50)}needle ${"after ".repeat(50)}`;
    const hits = searchDocs(
      Array.from({ length: 30 }, (_, index) => section(String(index), text)),
      "needle",
    );
    expect(hits).toHaveLength(12);
    expect(hits[0]?.excerpt).toMatch(/^… (before )+needle (after )+…$/);
    expect(hits[0]?.excerpt.length).toBeLessThan(170);
  });
});
