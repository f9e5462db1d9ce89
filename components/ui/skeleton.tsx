import { cn } from "@/components/ui/cn";

/** The final shape of what is on its way; it shows itself only when that takes a moment. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn("skeleton block rounded-sm bg-line", className)} />;
}
