import { ChevronDown } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";
import type { OperationLink } from "@/lib/api-spec/operation-view";

type Group = { tag: string; operations: readonly OperationLink[] };
type ApiFrameProps = {
  groups: readonly Group[];
  /** Null: the overview. */
  current: string | null;
  children: ReactNode;
};

/** Navigation by route, beside what is shown; on narrow screens behind one line, which opens before any script has loaded. */
export function ApiFrame({ groups, current, children }: ApiFrameProps) {
  const here = groups.flatMap(({ operations }) => operations).find(({ slug }) => slug === current);
  return (
    <div className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] gap-x-10 px-4 pb-16 lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <div className="lg:sticky lg:top-0 lg:max-h-dvh lg:self-start lg:overflow-y-auto lg:pt-8 lg:pb-8">
        <details key={current} className="group border-b border-line pt-2 lg:hidden">
          <summary className="flex min-h-target list-none items-center justify-between gap-3 text-sm font-medium [&::-webkit-details-marker]:hidden">
            <span>{here ? `API: ${here.summary}` : "API reference"}</span>
            <ChevronDown
              aria-hidden
              size={16}
              className="shrink-0 text-muted transition-transform group-open:rotate-180 motion-reduce:transition-none"
            />
          </summary>
          <Routes groups={groups} current={current} label="All routes" />
        </details>
        <div className="hidden lg:block">
          <Routes groups={groups} current={current} label="Routes of the API" />
        </div>
      </div>
      <article className="min-w-0 pt-6 lg:pt-8">{children}</article>
    </div>
  );
}

function Routes({ groups, current, label }: { groups: readonly Group[]; current: string | null; label: string }) {
  return (
    <nav aria-label={label} className="grid gap-4 pb-4">
      <ul>
        <Entry href="/api-docs" isHere={current === null}>
          Overview
        </Entry>
        <Entry href="/api-docs#errors" isHere={false}>
          Errors
        </Entry>
      </ul>
      {groups.map(({ tag, operations }) => (
        <div key={tag}>
          <p className="mb-0.5 text-sm font-medium">{tag}</p>
          <ul>
            {operations.map(({ slug, summary }) => (
              <Entry key={slug} href={`/api-docs/${slug}`} isHere={slug === current}>
                {summary}
              </Entry>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function Entry({ href, isHere, children }: { href: string; isHere: boolean; children: ReactNode }) {
  return (
    <li>
      <Link
        href={href}
        aria-current={isHere ? "page" : undefined}
        className={cn(
          "flex min-h-target items-center border-l-2 py-1 pl-3 text-sm leading-snug lg:min-h-8",
          isHere ? "border-accent font-medium text-accent" : "border-line text-muted hover:border-edge hover:text-ink",
        )}
      >
        {children}
      </Link>
    </li>
  );
}
