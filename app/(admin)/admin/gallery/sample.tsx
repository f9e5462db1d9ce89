import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

export function SampleGroup({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 grid-cols-1 gap-4">
      <h3 className="border-b border-line pb-1 text-sm font-semibold">{title}</h3>
      {children}
    </div>
  );
}

/** One part in one state. `row`: several of them beside each other. */
export function Sample({ state, row, children }: { state: string; row?: boolean; children: ReactNode }) {
  return (
    <div className="grid min-w-0 grid-cols-1 gap-1.5">
      <p className="text-xs text-muted">{state}</p>
      <div className={cn("min-w-0", row && "flex flex-wrap items-center gap-2")}>{children}</div>
    </div>
  );
}

export const LONG_TEXT =
  "A name that somebody has pasted from elsewhere and that is far longer than anybody would type: aVeryLongWordWithoutAnyPlaceToBreakItAnywhere";
