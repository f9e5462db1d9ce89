"use client";

import { cloneElement, lazy, Suspense, useState, type ComponentProps, type MouseEvent, type ReactElement, type ReactNode } from "react";

export type MenuItem = { label: string; icon?: ReactNode; danger?: boolean; disabled?: boolean } & (
  | { href: string }
  | {
      onSelect: () => void;
      /** One of several of which one holds. */
      checked?: boolean;
    }
);

export type MenuProps = {
  /** What the trigger is called for screen readers. */
  label: string;
  trigger: ReactElement<ComponentProps<"button">>;
  /** Groups are divided by a line. */
  items: readonly MenuItem[] | readonly (readonly MenuItem[])[];
  /** Above the items. */
  heading?: ReactNode;
  /** Below the items: for what is no plain item. */
  foot?: ReactNode;
  align?: "start" | "end";
};

const load = () => import("@/components/ui/opened-menu");
const OpenedMenu = lazy(async () => ({ default: (await load()).OpenedMenu }));

/** Early; one that fails is tried again by the press itself. */
const warm = () => void load().catch(() => {});

/** A page carries only the button: what opens is loaded when a pointer or the focus comes near it. */
export function Menu(props: MenuProps) {
  const { label, trigger } = props;
  const [openedBy, setOpenedBy] = useState<"keyboard" | "pointer" | null>(null);
  const button = cloneElement(trigger, {
    "aria-label": label,
    "aria-haspopup": "menu",
    "aria-expanded": openedBy !== null,
    onPointerEnter: warm,
    onFocus: warm,
    // A press of a key is a click without a count.
    onClick: (event: MouseEvent) => setOpenedBy(event.detail === 0 ? "keyboard" : "pointer"),
  });
  if (openedBy === null) return button;
  return (
    <Suspense fallback={button}>
      <OpenedMenu {...props} openedBy={openedBy} />
    </Suspense>
  );
}
