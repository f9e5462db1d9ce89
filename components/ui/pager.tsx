import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { buttonClass } from "@/components/ui/button";

type PagerProps = {
  /** Null: this is the newest page. */
  newerHref: string | null;
  /** Null: there is nothing older. */
  olderHref: string | null;
  /** Of what: "Requests". */
  label: string;
  newerLabel?: string;
};

/** Through a list that grows at its top. */
export function Pager({ newerHref, olderHref, label, newerLabel = "Newer" }: PagerProps) {
  if (newerHref === null && olderHref === null) return null;
  return (
    <nav aria-label={label} className="mt-4 flex flex-wrap gap-2">
      {newerHref !== null && (
        <Link href={newerHref} className={buttonClass()}>
          <ChevronLeft aria-hidden size={16} className="-ml-1" />
          {newerLabel}
        </Link>
      )}
      {olderHref !== null && (
        <Link href={olderHref} className={buttonClass()}>
          Older
          <ChevronRight aria-hidden size={16} className="-mr-1" />
        </Link>
      )}
    </nav>
  );
}
