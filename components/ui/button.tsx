import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

export type ButtonLook = "primary" | "plain" | "quiet";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border border-edge bg-panel text-ink hover:bg-sunken",
  quiet: "text-muted hover:bg-sunken hover:text-ink",
};

/** Also for links that look like buttons. */
export function buttonClass(look: ButtonLook = "plain"): string {
  return cn(
    "inline-flex min-h-target items-center justify-center gap-2 rounded-md px-4 text-sm font-medium whitespace-nowrap transition-colors",
    "disabled:cursor-default disabled:opacity-60 aria-disabled:cursor-progress aria-disabled:opacity-60",
    LOOKS[look],
  );
}

export function Button({ look, className, type = "button", ...props }: ComponentProps<"button"> & { look?: ButtonLook }) {
  return <button type={type} className={cn(buttonClass(look), className)} {...props} />;
}
