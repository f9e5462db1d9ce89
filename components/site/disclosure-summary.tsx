import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** Of a `details` with the class `group`. */
export function DisclosureSummary({ children }: { children: ReactNode }) {
  return (
    <summary className="flex min-h-target list-none items-center gap-1.5 text-sm font-medium hover:text-accent [&::-webkit-details-marker]:hidden">
      <ChevronRight aria-hidden size={16} className="shrink-0 text-muted transition-transform group-open:rotate-90" />
      {children}
    </summary>
  );
}
