import { createElement as h, type ReactNode } from "react";
import { describe, expect, test } from "vitest";
import { headingsOf, resolvePlain, sectionsOf, toMarkdown } from "@/app/(site)/docs/_parts/to-markdown";

const markdown = async (...nodes: ReactNode[]) => toMarkdown(await resolvePlain(nodes));

describe("a page of the documentation as Markdown", () => {
  test("keeps headings, lists, quotes, code and links", async () => {
    expect(
      await markdown(
        h("h2", { id: "one" }, "One"),
        h("p", null, "See ", h("a", { href: "/docs" }, "the ", h("strong", null, "docs")), ".\nAnd ", h("em", null, "more"), "."),
        h("ol", null, h("li", null, "first"), "\n", h("li", null, h("p", null, "second"), h("ul", null, h("li", null, "inner")))),
        h("blockquote", null, h("p", null, "a"), h("p", null, "b")),
        h("pre", { title: "A file" }, h("code", { className: "language-toml" }, 'name = "x"\n')),
      ),
    ).toBe(
      [
        "## One",
        "See [the **docs**](/docs). And *more*.",
        "1. first\n\n2. second\n\n   - inner",
        "> a\n> \n> b",
        'A file:\n\n```toml\nname = "x"\n```',
        "",
      ]
        .join("\n\n")
        .replace(/\n\n$/, "\n"),
    );
  });

  test("writes a table with its head, and a cell never ends the row", async () => {
    const row = (tag: "th" | "td", ...cells: ReactNode[]) => h("tr", null, ...cells.map((cell, index) => h(tag, { key: index }, cell)));
    const table = h(
      "table",
      null,
      h("caption", null, "not shown"),
      h("thead", null, row("th", "Name", "Meaning")),
      h("tbody", null, row("td", h("code", null, "a|b"), "one\ntwo")),
    );
    expect(await markdown(h("div", null, table))).toBe("| Name | Meaning |\n| --- | --- |\n| `a\\|b` | one two |\n");
  });

  test("text and code from outside cannot become markup", async () => {
    expect(await markdown(h("p", null, "<b> *x* _y_ snake_case `z` \\"))).toBe("\\<b> \\*x\\* \\_y\\_ snake_case \\`z\\` \\\\\n");
    expect(await markdown(h("p", null, h("code", null, "`a``b")))).toBe("``` `a``b ```\n");
    expect(await markdown(h("pre", null, h("code", null, "```\ncode\n```")))).toBe("````\n```\ncode\n```\n````\n");
  });

  test("waits for parts that are asynchronous, and takes nothing that it cannot write", async () => {
    const Part = async ({ name }: { name: string }) => h("p", null, name);
    expect(await markdown(h(Part as unknown as (props: { name: string }) => ReactNode, { name: "later" }))).toBe("later\n");
    await expect(markdown(h("video"))).rejects.toThrow("<video> cannot be written as Markdown");
    await expect(markdown(h("p", null, h("input")))).rejects.toThrow("<input> cannot stand in a line");
  });

  test("knows its headings, and what stands under each", async () => {
    const plain = await resolvePlain([
      h("p", null, "above"),
      h("h2", { id: "a" }, "A ", h("code", null, "b")),
      h("ul", null, h("li", null, "x"), h("li", null, "y")),
    ]);
    expect(headingsOf(plain)).toEqual([{ level: 2, id: "a", text: "A b" }]);
    expect(sectionsOf(plain).map(({ heading, text }) => [heading?.id ?? null, text])).toEqual([
      [null, "above"],
      ["a", "x y"],
    ]);
  });
});
