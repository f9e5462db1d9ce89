import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

export type ButtonLook = "primary" | "plain" | "quiet" | "danger";
export type ButtonSize = "md" | "sm";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent not-aria-disabled:enabled:hover:bg-accent-strong [a]:hover:bg-accent-strong",
  plain: "border border-edge bg-panel text-ink not-aria-disabled:enabled:hover:bg-ink/6 [a]:hover:bg-ink/6",
  quiet:
    "text-muted not-aria-disabled:enabled:hover:bg-ink/6 not-aria-disabled:enabled:hover:text-ink [a]:hover:bg-ink/6 [a]:hover:text-ink",
  danger: "border border-bad bg-panel text-bad not-aria-disabled:enabled:hover:bg-bad-soft [a]:hover:bg-bad-soft",
};

/** The small one looks small and is as easy to hit: its target reaches beyond it. */
const SIZES: Record<ButtonSize, string> = {
  md: "min-h-target px-4",
  sm: "relative min-h-8 px-3 after:absolute after:inset-x-0 after:top-1/2 after:h-target after:-translate-y-1/2",
};

/** Also for links that look like buttons. */
export function buttonClass(look: ButtonLook = "plain", size: ButtonSize = "md"): string {
  return cn(
    "inline-flex items-center justify-center gap-2 rounded-md text-sm font-medium whitespace-nowrap transition-colors",
    "disabled:cursor-default disabled:opacity-60 aria-disabled:cursor-progress aria-disabled:opacity-60",
    SIZES[size],
    LOOKS[look],
  );
}

export function Button({
  look,
  size,
  className,
  type = "button",
  ...props
}: ComponentProps<"button"> & { look?: ButtonLook; size?: ButtonSize }) {
  return <button type={type} className={cn(buttonClass(look, size), className)} {...props} />;
}
