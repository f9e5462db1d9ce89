import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/ui/button";

/** In the place of what a mailed link was for, when it does not work any more. */
export function DeadLink({ children, next }: { children: ReactNode; next: { href: string; label: string } }) {
  return (
    <>
      <h1 className="text-xl font-semibold">This link does not work any more</h1>
      <p className="mt-2 mb-5 text-sm text-muted">It was used before, is too old, or another one has taken its place. {children}</p>
      <Link href={next.href} className={buttonClass("primary")}>
        {next.label}
      </Link>
    </>
  );
}
