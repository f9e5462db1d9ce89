import { plainScript } from "@/app/_server/plain-script";
import { DOCS_GROUPS, docsHref } from "@/lib/site/docs-pages";
import { runtime } from "@/lib/runtime/runtime";

export const dynamic = "force-dynamic";

/** The documentation for language models: what there is, and where it stands as Markdown. */
export function GET(): Response {
  const { brandName, publicUrl } = runtime().config;
  const groups = DOCS_GROUPS.map(({ title, pages }) => {
    const lines = pages.map((page) => `- [${page.title}](${publicUrl}${docsHref(page.slug)}.md): ${page.about}`);
    return `## ${title}\n\n${lines.join("\n")}`;
  });
  return plainScript(`# ${brandName}

> One OpenAI-compatible address in front of your own ordered lanes: your ChatGPT account through the official Codex CLI, your own OpenAI key, or a prepaid wallet. Independent software, not affiliated with OpenAI.

Base URL for OpenAI clients: ${publicUrl}/v1. Everything below in one file: ${publicUrl}/llms-full.txt. Every address, field and error, as OpenAPI 3.1: ${publicUrl}/openapi.json

${groups.join("\n\n")}
`);
}
