"use client";

import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { ShellLink } from "@/components/layout/shell-links";
import { ShortcutsSheet } from "@/components/layout/shortcuts-sheet";
import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";

const CommandPalette = lazy(async () => ({ default: (await import("@/components/layout/command-palette")).CommandPalette }));

export type ShellToolsProps = {
  links: readonly ShellLink[];
  /** Texts that one often needs elsewhere. */
  copies: readonly { label: string; text: string }[];
  /** Pages that are no tab of their own, by what one wants there. */
  errands?: readonly ShellLink[];
  /** The page of one request is below it. */
  requestsHref?: string | undefined;
  signOut: () => Promise<void>;
};

type Open = "palette" | "shortcuts" | null;

/** After `g`, how long the second key may take. */
const GO_MS = 1_500;

/** The search button and what the keyboard opens. The palette itself is loaded when it is first asked for. */
export function ShellTools(props: ShellToolsProps) {
  const { links } = props;
  const [open, setOpen] = useState<Open>(null);
  const goSince = useRef(Number.NEGATIVE_INFINITY);
  const router = useRouter();

  useEffect(() => {
    function press(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen((now) => (now === "palette" ? null : "palette"));
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isBusy(event.target)) return;
      const isGoing = event.timeStamp - goSince.current < GO_MS;
      goSince.current = event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const aim = isGoing ? links.find(({ goKey }) => goKey === event.key) : undefined;
      if (aim) router.push(aim.href);
      else if (event.key === "?") setOpen("shortcuts");
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [links, router]);

  return (
    <>
      <Button
        aria-label="Search and commands"
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOpen("palette")}
        className="border-line px-3 font-normal text-muted max-sm:w-target max-sm:border-0 max-sm:bg-transparent max-sm:px-0 sm:w-56 sm:justify-start"
      >
        <Search aria-hidden size={16} className="shrink-0 max-sm:size-5" />
        <span className="max-sm:hidden">Search or go to…</span>
        <span className="ml-auto max-sm:hidden">
          <Kbd>Ctrl K</Kbd>
        </span>
      </Button>
      {open === "palette" && (
        <Suspense fallback={null}>
          <CommandPalette {...props} onClose={() => setOpen(null)} onShortcuts={() => setOpen("shortcuts")} />
        </Suspense>
      )}
      <ShortcutsSheet links={links} open={open === "shortcuts"} onOpenChange={(isOpen) => setOpen(isOpen ? "shortcuts" : null)} />
    </>
  );
}

/** Where keys are typed, or where something above the page has the word. */
function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]')) return true;
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
