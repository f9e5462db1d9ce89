import { notFound } from "next/navigation";
import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";
import { findDocsPage } from "@/lib/site/docs-pages";

export const alt = "Documentation";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default async function Image({ params }: { params: Promise<{ page: string }> }) {
  const page = findDocsPage((await params).page);
  if (!page) notFound();
  return previewImage({ title: page.title, note: page.about });
}
