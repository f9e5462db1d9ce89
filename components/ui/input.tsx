import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      className={cn(
        "min-h-target w-full rounded-md border border-edge bg-panel px-3 text-base text-ink placeholder:text-muted",
        "aria-invalid:border-bad aria-invalid:outline-bad disabled:bg-sunken disabled:text-muted",
        className,
      )}
      {...props}
    />
  );
}
