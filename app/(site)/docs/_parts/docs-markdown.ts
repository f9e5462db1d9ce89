import { createElement } from "react";
import { Kept } from "@/app/_server/kept";
import { docsParts } from "@/app/(site)/docs/_parts/docs-parts";
import { readDocsValues, type DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { MARKDOWN } from "@/app/(site)/docs/_parts/markdown-rendering";
import { MDX_PAGES } from "@/app/(site)/docs/_parts/mdx-pages";
import { resolvePlain, sectionsOf, toMarkdown, type Plain } from "@/app/(site)/docs/_parts/to-markdown";
import { DOCS_PAGES, docsHref, type DocsPage, type DocsSlug } from "@/lib/site/docs-pages";
import type { DocsSection } from "@/lib/site/search-docs";

const pages = new Kept<Plain[]>(DOCS_PAGES.length);
const texts = new Kept<string>(DOCS_PAGES.length);
const sections = new Kept<DocsSection[]>(1);

/** A page as plain HTML elements, with the values of this installation. */
export async function plainPage(slug: DocsSlug): Promise<Plain[]> {
  return plainPageOf(slug, await readDocsValues());
}

export async function docsMarkdown(page: DocsPage): Promise<string> {
  return markdownOf(page, await readDocsValues());
}

/** All pages, in order. */
export async function docsMarkdowns(): Promise<string[]> {
  const values = await readDocsValues();
  return Promise.all(DOCS_PAGES.map((page) => markdownOf(page, values)));
}

export async function docsSections(): Promise<DocsSection[]> {
  const values = await readDocsValues();
  return sections.get({ name: "all", by: keyOf(values) }, async () => {
    const plain = await Promise.all(DOCS_PAGES.map(async (page) => ({ page, found: sectionsOf(await plainPageOf(page.slug, values)) })));
    return plain.flatMap(({ page, found }) =>
      found.map(({ heading, text }) => ({
        href: heading ? `${docsHref(page.slug)}#${heading.id}` : docsHref(page.slug),
        page: page.title,
        heading: heading?.text ?? "",
        text: heading ? text : `${page.about} ${text}`,
      })),
    );
  });
}

function plainPageOf(slug: DocsSlug, values: DocsValues): Promise<Plain[]> {
  return pages.get({ name: slug, by: keyOf(values) }, () =>
    resolvePlain(createElement(MDX_PAGES[slug], { components: docsParts(values, MARKDOWN) })),
  );
}

/** Links lead to this installation: the text is read elsewhere. */
function markdownOf({ slug, title, about }: DocsPage, values: DocsValues): Promise<string> {
  return texts.get({ name: slug, by: keyOf(values) }, async () => {
    const text = toMarkdown(await plainPageOf(slug, values)).replaceAll("](/", `](${values.target.publicUrl}/`);
    return `# ${title}\n\n${about}\n\n${text}`;
  });
}

/** Everything that a page depends on and that changes while the process runs: its settings do not. */
function keyOf({ model, prices, rates, codexModels }: DocsValues): string {
  return JSON.stringify([model, prices, rates, codexModels], (_name, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}
