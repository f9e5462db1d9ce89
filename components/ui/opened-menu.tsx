"use client";

import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import Link from "next/link";
import { Fragment, useRef } from "react";
import { cn } from "@/components/ui/cn";
import type { MenuItem, MenuProps } from "@/components/ui/menu";
import { POPUP, POPUP_MOTION } from "@/components/ui/popup-look";

type Props = MenuProps & {
  /** What asked for it: the keyboard goes on from the first item. */
  openedBy: "keyboard" | "pointer";
};

const ITEM =
  "flex min-h-target w-full cursor-pointer items-center gap-2.5 rounded-sm px-2.5 text-sm outline-none select-none data-disabled:cursor-default data-disabled:opacity-60 data-highlighted:bg-ink/6 sm:pointer-fine:min-h-9";

/** The menu itself, open from the start: somebody has asked for it. */
export function OpenedMenu({ label, trigger, items, heading, foot, align = "end", openedBy }: Props) {
  const isAwaited = useRef(openedBy === "keyboard");
  const groups =
    items.length > 0 && !Array.isArray(items[0]) ? [items as readonly MenuItem[]] : (items as readonly (readonly MenuItem[])[]);

  function takeFocus(popup: HTMLElement | null) {
    if (!popup || !isAwaited.current) return;
    isAwaited.current = false;
    // By the next frame the items are known to the menu, and the arrow keys go on from there.
    requestAnimationFrame(() => popup.querySelector<HTMLElement>('[role^="menuitem"]')?.focus());
  }

  return (
    <BaseMenu.Root defaultOpen>
      <BaseMenu.Trigger render={trigger} aria-label={label} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={4} align={align} className="z-50 outline-none">
          <BaseMenu.Popup ref={takeFocus} className={cn("min-w-48 rounded-md p-1", POPUP, POPUP_MOTION)}>
            {heading && <div className="border-b border-line px-2.5 pt-1.5 pb-2 text-sm">{heading}</div>}
            {groups.map((group, index) => (
              <Fragment key={group[0]?.label ?? index}>
                {index > 0 && <BaseMenu.Separator className="-mx-1 my-1 h-px bg-line" />}
                {group.map((item) => (
                  <MenuLine key={item.label} item={item} />
                ))}
              </Fragment>
            ))}
            {foot}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

function MenuLine({ item }: { item: MenuItem }) {
  const look = cn(ITEM, item.danger && "text-bad data-highlighted:bg-bad-soft");
  const inside = (
    <>
      {item.icon && <span className="text-muted">{item.icon}</span>}
      {item.label}
    </>
  );
  if ("href" in item) {
    return (
      <BaseMenu.LinkItem closeOnClick render={<Link href={item.href} />} className={look}>
        {inside}
      </BaseMenu.LinkItem>
    );
  }
  if (item.checked === undefined) {
    return (
      <BaseMenu.Item onClick={item.onSelect} disabled={item.disabled} className={look}>
        {inside}
      </BaseMenu.Item>
    );
  }
  return (
    <BaseMenu.CheckboxItem
      checked={item.checked}
      onCheckedChange={item.onSelect}
      disabled={item.disabled}
      closeOnClick
      role="menuitemradio"
      aria-checked={item.checked}
      className={look}
    >
      {inside}
      <BaseMenu.CheckboxItemIndicator className="ml-auto text-accent">
        <Check aria-hidden size={16} />
      </BaseMenu.CheckboxItemIndicator>
    </BaseMenu.CheckboxItem>
  );
}
