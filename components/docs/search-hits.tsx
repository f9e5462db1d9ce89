import Link from "next/link";
import type { DocsHit } from "@/lib/site/search-docs";

export function SearchHits({ hits, onOpen }: { hits: readonly DocsHit[]; onOpen?: () => void }) {
  return (
    <ul className="not-docs-text grid gap-1">
      {hits.map(({ href, page, heading, excerpt }) => (
        <li key={href}>
          <Link href={href} onClick={onOpen} className="block min-h-target rounded-md px-3 py-2 hover:bg-sunken">
            <span className="block text-sm font-medium text-ink wrap-anywhere">{heading === "" ? page : `${page}: ${heading}`}</span>
            <span className="block text-sm text-muted wrap-anywhere">{excerpt}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
