"use client";

import { Menu as MenuIcon } from "lucide-react";
import { useState } from "react";
import { NavLinks } from "@/components/layout/nav-links";
import type { ShellLinks } from "@/components/layout/shell-links";
import { Button } from "@/components/ui/button";
import { Sheet } from "@/components/ui/sheet";

/** The way around on narrow screens. */
export function MenuButton({ brandName, groups }: { brandName: string; groups: ShellLinks }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="quiet" aria-label="Menu" aria-haspopup="dialog" onClick={() => setOpen(true)} className="-ml-2 w-target px-0">
        <MenuIcon aria-hidden size={20} />
      </Button>
      <Sheet title={brandName} open={isOpen} onOpenChange={setOpen} side="left">
        <nav aria-label="Menu" className="-mx-2.5">
          <NavLinks groups={groups} onFollow={() => setOpen(false)} />
        </nav>
      </Sheet>
    </>
  );
}
