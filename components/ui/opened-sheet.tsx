"use client";

import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { BACKDROP, POPUP } from "@/components/ui/popup-look";
import type { SheetProps } from "@/components/ui/sheet";

export function OpenedSheet({ title, open, onOpenChange, children, wide, side = "right" }: SheetProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(isOpen) => onOpenChange(isOpen)}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={BACKDROP} />
        <BaseDialog.Popup
          className={cn(
            "fixed inset-y-0 z-50 flex w-[calc(100vw-2.5rem)] flex-col",
            "transition-[translate,opacity] duration-150 ease-out data-ending-style:opacity-0 data-starting-style:opacity-0 motion-reduce:transition-none",
            side === "right"
              ? "right-0 data-ending-style:translate-x-4 data-starting-style:translate-x-4"
              : "left-0 data-ending-style:-translate-x-4 data-starting-style:-translate-x-4",
            wide ? "max-w-2xl" : "max-w-sm",
            POPUP,
          )}
        >
          <div className="flex min-h-14 items-center justify-between gap-3 border-b border-line py-1 pr-2 pl-5">
            <BaseDialog.Title className="min-w-0 text-base font-semibold wrap-anywhere">{title}</BaseDialog.Title>
            <BaseDialog.Close aria-label="Close" className={cn(buttonClass("quiet"), "size-target px-0")}>
              <X aria-hidden size={18} />
            </BaseDialog.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-5">{children}</div>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
