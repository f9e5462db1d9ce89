import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** What not everybody needs, behind one line; works without JavaScript. */
export function Disclosure({ title, open, children }: { title: ReactNode; open?: boolean | undefined; children: ReactNode }) {
  return (
    <details open={open} className="group rounded-md border border-line">
      <summary className="flex min-h-target cursor-pointer list-none items-center gap-2 px-4 text-sm font-medium hover:text-accent [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          size={16}
          className="-ml-1 shrink-0 text-muted transition-transform group-open:rotate-90 motion-reduce:transition-none"
        />
        {title}
      </summary>
      <div className="border-t border-line p-4">{children}</div>
    </details>
  );
}
