import type { Metadata } from "next";
import { docsMetadata, ShownPage } from "@/app/(site)/docs/_parts/docs-page";
import { DOCS_PAGES } from "@/lib/site/docs-pages";

const [first] = DOCS_PAGES;

export function generateMetadata(): Metadata {
  return first ? docsMetadata(first) : {};
}

export default function DocsHome() {
  return first && <ShownPage page={first} />;
}
