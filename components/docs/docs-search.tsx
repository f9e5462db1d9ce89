"use client";

import { Search } from "lucide-react";
import { useState } from "react";
import { SearchHits } from "@/components/docs/search-hits";
import { Input } from "@/components/ui/input";
import { searchDocs, type DocsSection } from "@/lib/site/search-docs";

let loading: Promise<DocsSection[]> | null = null;

/** Once per visit, when somebody first goes to the field. A failed try is not kept. */
function loadIndex(): Promise<DocsSection[]> {
  loading ??= fetch("/docs/search-index")
    .then((answer) => {
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json() as Promise<DocsSection[]>;
    })
    .catch((error: unknown) => {
      loading = null;
      throw error;
    });
  return loading;
}

/** A form that leads to the page of results; where scripts run, the results stand below the field while one types. */
export function DocsSearch({ query = "" }: { query?: string }) {
  const [typed, setTyped] = useState(query);
  const [sections, setSections] = useState<DocsSection[] | null>(null);
  const hits = sections && typed !== query && typed.trim() !== "" ? searchDocs(sections, typed) : null;

  // Without the index the form still leads to the results.
  const load = () => void loadIndex().then(setSections, () => setSections(null));

  return (
    <search>
      <form action="/docs/search" className="group relative">
        <Search aria-hidden size={16} className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-muted" />
        <Input
          type="search"
          name="q"
          aria-label="Search the documentation"
          placeholder="Search"
          autoComplete="off"
          maxLength={200}
          value={typed}
          className="pl-9 text-sm"
          onFocus={load}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setTyped("");
          }}
        />
        <output className="sr-only">{hits ? `${hits.length} results` : ""}</output>
        {hits && (
          // Takes the focus itself where browsers do not give it to a link that is clicked.
          <div
            tabIndex={-1}
            className="absolute top-full left-0 z-20 mt-1 hidden max-h-[min(28rem,70vh)] w-[min(26rem,calc(100vw-2rem))] overflow-y-auto rounded-lg border border-line bg-raised p-1.5 shadow-overlay group-focus-within:block"
          >
            {hits.length === 0 ? (
              <p className="px-3 py-2.5 text-sm text-muted">Nothing holds all of these words.</p>
            ) : (
              <SearchHits hits={hits} onOpen={() => setTyped("")} />
            )}
          </div>
        )}
      </form>
    </search>
  );
}
