"use client";

import type { KeyboardEvent, ReactNode } from "react";

/** One stop of the tab key for many elements; the arrow keys go from one to the next. Each of them carries `data-stop`. */
export function ArrowKeys({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  return (
    // The keys are those of the elements inside: nothing is done on the group itself.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/prefer-tag-over-role
    <div role="group" aria-label={label} className={className} onKeyDown={move}>
      {children}
    </div>
  );
}

function move(event: KeyboardEvent<HTMLElement>) {
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-stop]")];
  const here = stops.indexOf(document.activeElement as HTMLElement);
  const last = stops.length - 1;
  const places: Record<string, number> = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last };
  const next = places[event.key];
  if (here === -1 || next === undefined) return;
  event.preventDefault();
  const stop = stops[Math.min(last, Math.max(0, next))];
  stops[here]?.setAttribute("tabindex", "-1");
  stop?.setAttribute("tabindex", "0");
  stop?.focus();
}
