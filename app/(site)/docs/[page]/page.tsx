import type { Metadata } from "next";
import { notFound, permanentRedirect } from "next/navigation";
import { docsMetadata, ShownPage } from "@/app/(site)/docs/_parts/docs-page";
import { docsHref, findDocsPage } from "@/lib/site/docs-pages";

type Props = { params: Promise<{ page: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const page = findDocsPage((await params).page);
  return page ? docsMetadata(page) : {};
}

export default async function DocsSubpage({ params }: Props) {
  const { page: slug } = await params;
  const page = findDocsPage(slug);
  if (!page) notFound();
  if (docsHref(page.slug) === "/docs") permanentRedirect("/docs");
  return <ShownPage page={page} />;
}
