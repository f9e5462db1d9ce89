"use client";

import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ComponentProps, ReactElement, ReactNode } from "react";
import { Button, buttonClass, type ButtonLook } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { BACKDROP, POPUP, POPUP_MOTION } from "@/components/ui/popup-look";

type DialogProps = {
  title: ReactNode;
  description?: ReactNode;
  /** What opens it; one that is opened from outside, with `open`, has none. */
  trigger?: ReactElement;
  children?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** For tables and code. */
  wide?: boolean;
  /** For what must not be lost by a click beside it, such as a secret that is shown once. */
  staysOpen?: boolean;
  /** What has the focus first; without it the first control in the dialog. */
  initialFocus?: ComponentProps<typeof BaseDialog.Popup>["initialFocus"];
};

/** Above the page until it is answered. What it does must also be reachable without JavaScript, on a page of its own. */
export function Dialog({ title, description, trigger, children, open, onOpenChange, wide, staysOpen, initialFocus }: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(isOpen) => onOpenChange?.(isOpen)} disablePointerDismissal={staysOpen}>
      {trigger && <BaseDialog.Trigger render={trigger} />}
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={BACKDROP} />
        <BaseDialog.Popup
          initialFocus={initialFocus}
          className={cn(
            "fixed top-1/2 left-1/2 z-50 grid grid-cols-1 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 gap-4 overflow-y-auto rounded-lg p-5",
            wide ? "max-w-3xl" : "max-w-md",
            POPUP,
            POPUP_MOTION,
          )}
        >
          <div className="grid grid-cols-1 gap-1 pr-9">
            <BaseDialog.Title className="text-lg font-semibold wrap-anywhere">{title}</BaseDialog.Title>
            {description && <BaseDialog.Description className="text-sm text-muted">{description}</BaseDialog.Description>}
          </div>
          {children}
          {/* Last in the order, so that the first control of the content gets the focus. */}
          <BaseDialog.Close aria-label="Close" className={cn(buttonClass("quiet"), "absolute top-2.5 right-2.5 size-target px-0")}>
            <X aria-hidden size={18} />
          </BaseDialog.Close>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** The row of buttons at its foot; the one that does it stands last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap justify-end gap-2 pt-1">{children}</div>;
}

export function DialogClose({ look = "plain", children }: { look?: ButtonLook; children: ReactNode }) {
  return <BaseDialog.Close render={<Button look={look} />}>{children}</BaseDialog.Close>;
}
