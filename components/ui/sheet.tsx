"use client";

import { lazy, Suspense, useState, type ReactNode } from "react";

export type SheetProps = {
  title: ReactNode;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  children: ReactNode;
  wide?: boolean;
  side?: "right" | "left";
};

const OpenedSheet = lazy(async () => ({ default: (await import("@/components/ui/opened-sheet")).OpenedSheet }));

/** At the side of the page that stays in sight: the details of a row, or the menu of a phone. Loaded when it is first opened. */
export function Sheet(props: SheetProps) {
  const [wasOpened, setWasOpened] = useState(props.open);
  if (props.open && !wasOpened) setWasOpened(true);
  return (
    wasOpened && (
      <Suspense fallback={null}>
        <OpenedSheet {...props} />
      </Suspense>
    )
  );
}
