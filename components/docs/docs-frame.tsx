import { ArrowLeft, ArrowRight, ChevronDown } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { CopyPage } from "@/components/docs/copy-page";
import { DocsSearch } from "@/components/docs/docs-search";
import { cn } from "@/components/ui/cn";
import { DOCS_GROUPS, docsHref, docsNeighbours, type DocsPage } from "@/lib/site/docs-pages";

type Heading = { id: string; text: string };

type DocsFrameProps = {
  /** Null: the results of a search. */
  page: DocsPage | null;
  query?: string;
  headings: readonly Heading[];
  children: ReactNode;
};

/**
 * Without JavaScript no tab can be opened: all of them are shown, each under its name. What hides them is important and in the layer
 * `base`, and among important rules the earlier layer wins.
 */
const ALL_PANELS =
  "@layer theme{[data-panel][hidden]{display:block!important}}[data-panel] .panel-name{position:static;width:auto;height:auto;clip-path:none;font-weight:500}";

export function DocsFrame({ page, query, headings, children }: DocsFrameProps) {
  return (
    <div className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] gap-x-10 px-4 pb-16 lg:grid-cols-[12.5rem_minmax(0,1fr)] xl:grid-cols-[12.5rem_minmax(0,1fr)_11rem]">
      <noscript>
        <style>{ALL_PANELS}</style>
      </noscript>
      <div className="z-10 pt-4 lg:sticky lg:top-0 lg:flex lg:max-h-dvh lg:flex-col lg:self-start lg:pt-8">
        <DocsSearch key={query} query={query} />
        {/* The key closes it when another page has come. */}
        <details key={page?.slug ?? "search"} className="group mt-2 border-b border-line lg:hidden">
          <summary className="flex min-h-target list-none items-center justify-between text-sm font-medium [&::-webkit-details-marker]:hidden">
            {page ? `Documentation: ${page.title}` : "Documentation"}
            <ChevronDown
              aria-hidden
              size={16}
              className="text-muted transition-transform group-open:rotate-180 motion-reduce:transition-none"
            />
          </summary>
          <Pages page={page} label="All pages" />
        </details>
        <div className="mt-5 hidden min-h-0 overflow-y-auto pb-8 lg:block">
          <Pages page={page} label="Pages of the documentation" />
        </div>
      </div>
      <article className="min-w-0 max-w-3xl pt-6 lg:pt-8">
        <h1 className="text-2xl font-semibold tracking-tight text-balance">{page ? page.title : "Search the documentation"}</h1>
        {page && (
          <>
            <p className="mt-2 text-lg text-pretty text-muted">{page.about}</p>
            <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
              <CopyPage markdownHref={`${docsHref(page.slug)}.md`} />
              <a
                href={`${docsHref(page.slug)}.md`}
                className="inline-flex min-h-target items-center text-sm text-muted underline underline-offset-2 hover:text-ink"
              >
                View as Markdown
              </a>
            </div>
          </>
        )}
        {headings.length > 1 && (
          <details className="group mt-4 rounded-md border border-line px-4 xl:hidden">
            <summary className="flex min-h-target list-none items-center justify-between text-sm font-medium [&::-webkit-details-marker]:hidden">
              On this page
              <ChevronDown
                aria-hidden
                size={16}
                className="text-muted transition-transform group-open:rotate-180 motion-reduce:transition-none"
              />
            </summary>
            <Contents headings={headings} />
          </details>
        )}
        <div className="docs-text mt-6">{children}</div>
        {page && <Neighbours page={page} />}
      </article>
      <div className="hidden xl:sticky xl:top-0 xl:block xl:max-h-dvh xl:self-start xl:overflow-y-auto xl:pt-10 xl:pb-8">
        {headings.length > 1 && (
          <nav aria-label="On this page">
            <p className="mb-1 text-sm font-medium">On this page</p>
            <Contents headings={headings} />
          </nav>
        )}
      </div>
    </div>
  );
}

function Pages({ page, label }: { page: DocsPage | null; label: string }) {
  return (
    <nav aria-label={label} className="grid gap-4 pb-4">
      {DOCS_GROUPS.map(({ title, pages }) => (
        <div key={title}>
          <p className="mb-0.5 text-sm font-medium">{title}</p>
          <ul>
            {pages.map(({ slug, title: name }) => {
              const isHere = slug === page?.slug;
              return (
                <li key={slug}>
                  <Link
                    href={docsHref(slug)}
                    aria-current={isHere ? "page" : undefined}
                    className={cn(
                      "flex min-h-target items-center border-l-2 pl-3 text-sm lg:min-h-8",
                      isHere ? "border-accent font-medium text-accent" : "border-line text-muted hover:border-edge hover:text-ink",
                    )}
                  >
                    {name}
                  </Link>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Contents({ headings }: { headings: readonly Heading[] }) {
  return (
    <ul className="pb-3">
      {headings.map(({ id, text }) => (
        <li key={id}>
          <a href={`#${id}`} className="flex min-h-target items-center py-1 text-sm text-muted hover:text-ink xl:min-h-7">
            {text}
          </a>
        </li>
      ))}
    </ul>
  );
}

function Neighbours({ page }: { page: DocsPage }) {
  const { previous, next } = docsNeighbours(page.slug);
  return (
    <nav aria-label="Previous and next page" className="mt-12 grid gap-3 border-t border-line pt-6 sm:grid-cols-2">
      {previous && <Neighbour page={previous} way="previous" />}
      {next && <Neighbour page={next} way="next" />}
    </nav>
  );
}

function Neighbour({ page: { slug, title }, way }: { page: DocsPage; way: "previous" | "next" }) {
  const Icon = way === "next" ? ArrowRight : ArrowLeft;
  return (
    <Link
      href={docsHref(slug)}
      rel={way === "next" ? "next" : "prev"}
      className={cn(
        "flex items-center gap-3 rounded-lg border border-line bg-panel px-4 py-3 hover:border-edge",
        way === "next" && "flex-row-reverse text-right sm:col-start-2",
      )}
    >
      <Icon aria-hidden size={18} className="shrink-0 text-muted" />
      <span className="min-w-0 grow">
        <span className="block text-sm text-muted">{way === "next" ? "Next" : "Previous"}</span>
        <span className="block font-medium">{title}</span>
      </span>
    </Link>
  );
}
