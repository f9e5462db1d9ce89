"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/components/ui/cn";

type NavLink = { href: string; label: string };

export function NavLinks({ links }: { links: readonly NavLink[] }) {
  const here = closest(links, usePathname());
  return links.map((link) => (
    <Link
      key={link.href}
      href={link.href}
      aria-current={link === here ? "page" : undefined}
      className={cn(
        "inline-flex min-h-target items-center px-2 text-sm font-medium max-sm:first:-ml-2",
        link === here ? "text-accent" : "text-muted hover:text-ink",
      )}
    >
      {link.label}
    </Link>
  ));
}

/** Of two links that lead to this screen or above it, the deeper one. */
function closest(links: readonly NavLink[], pathname: string): NavLink | undefined {
  return links
    .filter(({ href }) => pathname === href || pathname.startsWith(`${href}/`))
    .toSorted((one, other) => other.href.length - one.href.length)[0];
}
