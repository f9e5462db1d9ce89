"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";
import { cn } from "@/components/ui/cn";

type Props = {
  title: string;
  closeHref: string;
  /** The line above every page of a simulated installation goes over it, and its own text begins below. */
  isBelowBanner: boolean;
  children: ReactNode;
};

/**
 * Beside the list, over it where it is narrow. Part of the page and not of a dialog: it is there without JavaScript, and the list can be
 * clicked on and, with the pointer over it, scrolled meanwhile, without a scrollbar of its own beside the panel's. Escape closes it. Takes the focus when it appears: give it a `key` per request.
 */
export function DetailPanel({ title, closeHref, isBelowBanner, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const router = useRouter();
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) router.push(closeHref, { scroll: false });
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [router, closeHref]);
  return (
    <aside
      aria-labelledby="request-panel"
      data-over-page
      className={cn(
        "fixed inset-y-0 right-0 z-20 w-full overflow-y-auto overscroll-contain border-l border-line bg-panel p-4 shadow-lg sm:w-[28rem] sm:p-5",
        isBelowBanner && "pt-16 sm:pt-16",
      )}
    >
      <div className="mb-4 flex items-start justify-between gap-3">
        <h2 id="request-panel" ref={heading} tabIndex={-1} className="min-w-0 text-lg font-semibold wrap-anywhere outline-none">
          {title}
        </h2>
        <Link
          href={closeHref}
          scroll={false}
          aria-label="Close"
          className="-mt-2 -mr-2 inline-flex size-target shrink-0 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-ink"
        >
          <X aria-hidden size={18} />
        </Link>
      </div>
      {children}
    </aside>
  );
}
