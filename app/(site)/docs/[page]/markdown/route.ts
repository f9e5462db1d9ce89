import { markdownResponse } from "@/app/_server/markdown-response";
import { docsMarkdown } from "@/app/(site)/docs/_parts/docs-markdown";
import { findDocsPage } from "@/lib/site/docs-pages";

/** Also at `/docs/<page>.md`, by a rewrite in next.config.mjs. */
export const dynamic = "force-dynamic";

export async function GET(_request: Request, { params }: { params: Promise<{ page: string }> }): Promise<Response> {
  const page = findDocsPage((await params).page);
  if (!page)
    return new Response("There is no such page. /llms.txt lists them.\n", {
      status: 404,
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  return markdownResponse(await docsMarkdown(page));
}
