import "@/app/(site)/docs/docs.css";
import type { Metadata } from "next";
import { docsSections } from "@/app/(site)/docs/_parts/docs-markdown";
import { SearchHits } from "@/components/docs/search-hits";
import { DocsFrame } from "@/components/docs/docs-frame";
import { searchDocs } from "@/lib/site/search-docs";

export const metadata: Metadata = { title: "Search · Docs", description: "Search the documentation.", robots: { index: false } };

/** Where the search field leads without JavaScript, or with Enter. */
export default async function SearchPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const { q } = await searchParams;
  const query = typeof q === "string" ? q.trim() : "";
  const hits = query === "" ? [] : searchDocs(await docsSections(), query);
  return (
    <DocsFrame page={null} query={query} headings={[]}>
      {query !== "" && (
        <output>
          {hits.length === 0
            ? `Nothing holds all words of “${query}”. Try fewer of them.`
            : `${hits.length === 1 ? "One place" : `${hits.length} places`} for “${query}”.`}
        </output>
      )}
      <SearchHits hits={hits} />
    </DocsFrame>
  );
}
