"use client";

import { Toaster as SonnerToaster, toast } from "sonner";

export { toast };

/** One per page, in the shell: a live region in which `toast("Saved")` speaks. */
export function Toaster() {
  return (
    <SonnerToaster
      position="bottom-right"
      containerAriaLabel="Messages"
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "flex w-(--width) items-start gap-2.5 rounded-md border border-line bg-raised px-4 py-3 font-sans text-sm text-ink shadow-overlay",
          description: "text-muted",
          icon: "shrink-0",
          error: "border-bad/40 [&_[data-icon]]:text-bad",
          success: "border-good/40 [&_[data-icon]]:text-good",
          actionButton: "ml-auto shrink-0 rounded-sm px-2 py-1 font-medium text-accent hover:bg-sunken",
        },
      }}
    />
  );
}
