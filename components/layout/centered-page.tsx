import Link from "next/link";
import type { ReactNode } from "react";
import { BrandMark } from "@/components/layout/brand-mark";
import { ThemeToggle } from "@/components/layout/theme-toggle";

/** One narrow column: sign-in, errors, and what else stands on its own. */
export function CenteredPage({ brandName, children }: { brandName: string; children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-md flex-1 flex-col px-4">
      <header className="flex min-h-16 items-center justify-between gap-4">
        <Link href="/" className="inline-flex min-h-target items-center">
          <BrandMark name={brandName} />
        </Link>
        <ThemeToggle />
      </header>
      <main className="flex-1 pt-[clamp(2rem,12vh,8rem)] pb-16">{children}</main>
    </div>
  );
}
