"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { SiteLink } from "@/components/site/site-links";
import { cn } from "@/components/ui/cn";

export function SiteNavLinks({ links }: { links: readonly SiteLink[] }) {
  const pathname = usePathname();
  return links.map(({ href, label }) => {
    const isHere = pathname === href || (href !== "/" && pathname.startsWith(`${href}/`));
    return (
      <Link
        key={href}
        href={href}
        aria-current={isHere ? "page" : undefined}
        className={cn(
          "inline-flex min-h-target items-center px-2.5 text-sm font-medium max-md:px-0",
          isHere ? "text-accent" : "text-muted hover:text-ink",
        )}
      >
        {label}
      </Link>
    );
  });
}
