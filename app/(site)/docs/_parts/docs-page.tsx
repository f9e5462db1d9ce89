import "@/app/(site)/docs/docs.css";
import type { Metadata } from "next";
import { plainPage } from "@/app/(site)/docs/_parts/docs-markdown";
import { docsParts } from "@/app/(site)/docs/_parts/docs-parts";
import { readDocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { MDX_PAGES } from "@/app/(site)/docs/_parts/mdx-pages";
import { SCREEN, SCREEN_ELEMENTS } from "@/app/(site)/docs/_parts/screen-rendering";
import { headingsOf } from "@/app/(site)/docs/_parts/to-markdown";
import { DocsFrame } from "@/components/docs/docs-frame";
import { docsHref, type DocsPage } from "@/lib/site/docs-pages";

export async function ShownPage({ page }: { page: DocsPage }) {
  const Content = MDX_PAGES[page.slug];
  const [values, plain] = await Promise.all([readDocsValues(), plainPage(page.slug)]);
  return (
    <DocsFrame page={page} headings={headingsOf(plain).filter(({ level }) => level === 2)}>
      <Content components={{ ...docsParts(values, SCREEN), ...SCREEN_ELEMENTS }} />
    </DocsFrame>
  );
}

export function docsMetadata({ slug, title, about }: DocsPage): Metadata {
  const href = docsHref(slug);
  return { title: `${title} · Docs`, description: about, alternates: { canonical: href, types: { "text/markdown": `${href}.md` } } };
}
