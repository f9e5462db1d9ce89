import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

/** What came of a click, read out when it appears. */
export function DoneNote({ children, className }: { children: ReactNode; className?: string }) {
  return <output className={cn("block text-sm text-muted", className)}>{children}</output>;
}
