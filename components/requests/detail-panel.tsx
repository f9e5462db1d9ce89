"use client";

import { X } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef } from "react";

/**
 * Beside the list, over it where it is narrow. Part of the page and not of a dialog: it is there without JavaScript, and the list can be
 * scrolled and clicked on meanwhile. Escape closes it. Takes the focus when it appears: give it a `key` per request.
 */
export function DetailPanel({ title, closeHref, children }: { title: string; closeHref: string; children: ReactNode }) {
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
      className="fixed inset-y-0 right-0 z-20 w-full overflow-y-auto overscroll-contain border-l border-line bg-panel p-4 shadow-lg sm:w-[28rem] sm:p-5"
    >
      <div className="mb-4 flex items-start justify-between gap-3">
        <h2 id="request-panel" ref={heading} tabIndex={-1} className="text-lg font-semibold outline-none">
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
